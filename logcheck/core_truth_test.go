package logcheck

import (
	"fmt"
	"testing"
)

// truthProbe asks the truth at each x_ask record.
type truthProbe struct {
	c   *Context
	got []string
}

func (p *truthProbe) ID() string         { return "x_truth" }
func (p *truthProbe) Kinds() KindSet     { return Kinds(KindX) }
func (p *truthProbe) Finish(*End) Result { return Result{} }
func (p *truthProbe) Feed(*Record) {
	t, n := p.c.Truth, p.c.Names
	d, a, w := n.InternString("d1"), n.InternString("a1"), n.InternString("w1")
	since, cut := t.CutSince(d, a, ClassData)
	p.got = append(p.got, fmt.Sprintf("down=%v paused=%v/%v slow=%v cut=%v@%d all=%v impaired=%v touched=%d healed=%d calm=%v",
		t.Down(a), t.Paused(d, w), t.Paused(d, d), t.Slow(a), cut, since, t.Cut(d, a, ClassAll), t.Impaired(a, d, ClassAck),
		max(t.Touched(d, a), -1), max(t.Healed(d, a), -1), t.Calm(d, a, t.Now()-50, 100)))
}

// TestTruth walks through every sort of state and asks before, during and after.
func TestTruth(t *testing.T) {
	src, run, _ := parseCase(t, `
1 a1.1/main x_ask
10 fault do=pause n=d1 act=w1
11 a1.1/main x_ask
12 fault do=resume n=d1 act=w1
20 fault do=cut from=d1 to=a1 cls=data
30 fault do=cut from=d1 to=a1 cls=all
31 a1.1/main x_ask
40 fault do=heal from=d1 to=a1 cls=all
45 fault do=impair from=a1 to=d1 cls=ack val=loss
46 a1.1/main x_ask
50 fault do=mend from=a1 to=d1 cls=ack
120 a1.1/main x_ask
210 a1.1/main x_ask
220 fault do=disk_fill n=a1
221 fault do=disk_stall n=a1
222 fault do=disk_free n=a1
223 a1.1/main x_ask
224 fault do=disk_flow n=a1
225 fault do=slow n=a1
226 a1.1/main x_ask
227 fault do=normal n=a1
230 fault do=pause n=a1
231 fault do=crash n=a1 inc=1
- crashed a1.1
232 e1.1/main x_ask
240 fault do=restart n=a1 inc=2
241 a1.2/main x_ask
500 fault do=reset from=a1 to=d1 cls=ack
501 a1.2/main x_ask
600 fault do=cut from=d1 to=a1 cls=ack
605 fault do=refuse from=d1 to=a1 cls=data
610 fault do=truncate from=d1 to=a1 cls=all
611 a1.2/main x_ask
620 fault do=heal from=d1 to=a1 cls=all
621 a1.2/main x_ask
`)
	var p *truthProbe
	if _, err := Check(src, run, Options{Custom: []NewRule{func(c *Context) Rule { p = &truthProbe{c: c}; return p }}}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=-1 healed=-1 calm=true",
		"down=false paused=true/false slow=false cut=false@0 all=false impaired=false touched=11 healed=-1 calm=false",
		"down=false paused=false/false slow=false cut=true@20 all=true impaired=false touched=31 healed=-1 calm=false",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=true touched=46 healed=40 calm=false",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=50 healed=50 calm=false",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=50 healed=50 calm=true",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=223 healed=50 calm=false",
		"down=false paused=false/false slow=true cut=false@0 all=false impaired=false touched=226 healed=50 calm=false",
		"down=true paused=false/false slow=false cut=false@0 all=false impaired=false touched=232 healed=50 calm=false",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=240 healed=50 calm=false",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=500 healed=50 calm=false",
		"down=false paused=false/false slow=false cut=true@605 all=false impaired=false touched=611 healed=50 calm=false",
		"down=false paused=false/false slow=false cut=false@0 all=false impaired=false touched=620 healed=620 calm=false",
	}
	for i := range want {
		if i >= len(p.got) || p.got[i] != want[i] {
			t.Errorf("%d: got  %v\n   want %s", i, p.got[min(i, len(p.got)-1)], want[i])
		}
	}
}
