package logcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// outageCase is a random history of one worker and one analyser: crashes, cuts and
// pauses of the analyser, pauses of the worker, and verdicts at any time.
type outageCase struct {
	text   string
	events []outageEvent
	end    int64
}

type outageEvent struct {
	t    int64 // ms
	what string
}

// outageVerbs lists what may happen: the fault's text and its counterpart.
var outageVerbs = map[string][2]string{
	"crash": {"! crash n=a1 inc=%d", "! restart n=a1 inc=%d"},
	"cut":   {"! cut from=d to=a1 cls=all", "! heal from=d to=a1 cls=all"},
	"back":  {"! cut from=a1 to=d cls=all", "! heal from=a1 to=d cls=all"},       // or refuse
	"break": {"! reset from=d to=a1 cls=all", "! truncate from=a1 to=d cls=all"}, // must not matter
	"other": {"! cut from=d to=a2 cls=all", "! heal from=d to=a2 cls=all"},       // must not matter
	"pause": {"! pause n=a1", "! resume n=a1"},
	"self":  {"! pause n=d act=w1", "! resume n=d act=w1"},
}

func drawOutageCase(t *rapid.T) outageCase {
	var c outageCase
	lines := []string{"0 a1/s recover n=0 lost=0", "0 a2/s recover n=0 lost=0", "1 d/w1 view v=1 ver=1 set=a1=1:up"}
	on, inc, down := map[string]bool{}, 1, false
	names := []string{"crash", "cut", "back", "break", "other", "pause", "self", "verdict", "verdict", "verdict"}
	now := int64(10)
	for range rapid.IntRange(2, 25).Draw(t, "events") {
		now += rapid.Int64Range(1, 350).Draw(t, "gap")
		if rapid.IntRange(0, 9).Draw(t, "answer") == 0 && !on["self"] {
			// Of a data probe, whose answer is not followed up.
			lines = append(lines, fmt.Sprintf("%d d/w1 probed an=a1 pn=%d res=ok dp=true", now, now))
			c.events = append(c.events, outageEvent{now, "ok"})
			now++
		}
		what := rapid.SampledFrom(names).Draw(t, "what")
		if what == "verdict" {
			if on["self"] {
				continue // a paused worker writes nothing
			}
			down = !down
			to := map[bool]string{true: "down", false: "up"}[down]
			lines = append(lines, fmt.Sprintf("%d d/w1 health an=a1 to=%s why=probe", now, to))
			c.events = append(c.events, outageEvent{now, to})
			continue
		}
		text := outageVerbs[what][0]
		if on[what] {
			text = outageVerbs[what][1]
			if what == "crash" {
				inc++
			}
		}
		if what == "back" && !on[what] && rapid.Bool().Draw(t, "refuse") {
			text = strings.Replace(text, "cut", "refuse", 1)
		}
		on[what] = !on[what]
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, inc)
		}
		if what == "crash" && on["crash"] && on["pause"] {
			on["pause"] = false // the pause ends with the incarnation
			c.events = append(c.events, outageEvent{now, "resume"})
		}
		lines = append(lines, fmt.Sprintf("%d %s", now, text))
		c.events = append(c.events, outageEvent{now, map[bool]string{true: what, false: "-" + what}[on[what]]})
	}
	c.end = now + rapid.Int64Range(0, 900).Draw(t, "rest")
	lines = append(lines, fmt.Sprintf("%d a2/s recover n=0 lost=0", c.end))
	c.text = strings.Join(lines, "\n")
	return c
}

// at returns the state in force at millisecond t, all events at t included: whether
// the analyser is unreachable, the worker disturbed and the verdict down.
func (c *outageCase) at(t int64) (out, disturbed, down bool) {
	on := map[string]bool{}
	for _, e := range c.events {
		if e.t > t {
			break
		}
		switch {
		case e.what == "ok":
		case e.what == "up", e.what == "down":
			down = e.what == "down"
		case e.what == "resume":
			on["pause"] = false
		case e.what[0] == '-':
			on[e.what[1:]] = false
		default:
			on[e.what] = true
		}
	}
	return on["crash"] || on["cut"] || on["back"] || on["pause"], on["self"], down
}

// broken is F1 read plainly, millisecond by millisecond: somewhere the analyser was
// unreachable and the worker undisturbed for T_D = 400 ms and the verdict is up. An
// outage is judged once, when its span is complete and the log goes on.
func (c *outageCase) broken() bool {
	run, judged := int64(0), false
	for t := int64(1); t < c.end; t++ {
		out, disturbed, down := c.at(t)
		if !out {
			run, judged = 0, false
			continue
		}
		if run++; disturbed {
			run = 0
		} else if slices.Contains(c.events, outageEvent{t, "ok"}) {
			run = 1
		}
		if run > 400 && !judged {
			judged = true
			if !down {
				return true
			}
		}
	}
	return false
}

// TestDetectionAgainstNaive holds the streaming F1 against the plain reading.
func TestDetectionAgainstNaive(t *testing.T) {
	count := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		c := drawOutageCase(t)
		run, files := parseWatch(rapidTB{t}, c.text)
		v, err := Check(files, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := c.broken()
		count[want]++
		if got := watchOf(v, "F1"); (got.Status == Fail) != want {
			t.Fatalf("F1 is %s (%s), naively broken: %v\n%s", got.Status, got.Detail, want, c.text)
		}
	})
	if count[true] == 0 || count[false] == 0 {
		t.Errorf("%v histories: nothing was compared", count)
	}
}
