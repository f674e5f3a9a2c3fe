package logcheck

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// isoRun describes a run for B5: one emitter, a1 and a2, and a crash of a2 at
// 3200 ms that lasts until 5010 ms, so that window B begins at 3750 ms.
type isoRun struct {
	header string
	view   string // the first one; both up with weight 1 when empty
	calm   int    // packets emitted from 1100 ms on, 35 ms apart, half for each
	late   int    // ms by which a1 commits them late
	trial  int    // packets emitted from 3800 ms on, evenly
	take   int    // of them, this many are committed by a1, evenly
	extra  string // further lines; all are sorted by time
}

func (c isoRun) script() string {
	var lines []string
	seq, cs := 0, [3]int{}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	packet := func(t, late, to int) {
		seq++
		add("%d e/m emit id=e/1/%d n=1 b=10 h=00000000", t, seq)
		if to > 0 {
			cs[to]++
			add("%d a%d/s commit id=e/1/%d n=1 h=00000000 cs=%d op=%d", t+late, to, seq, cs[to], cs[to])
		}
	}
	if c.view == "" {
		c.view = "a1=1:up,a2=1:up"
	}
	add("0 a1/s recover n=0 lost=0\n0 a2/s recover n=0 lost=0\n0 d/sup config ver=1 ok=true from=boot set=%s", c.view)
	add("1 d/w1 view v=1 ver=1 set=%s", c.view)
	packet(2, 1, 1)
	for k := range c.calm {
		packet(1100+k*2100/c.calm, 1+c.late*(1-k%2), 1+k%2)
	}
	add("3200 ! crash n=a2 inc=1")
	for k := range c.trial {
		to := 0
		if (k+1)*c.take/c.trial > k*c.take/c.trial {
			to = 1
		}
		packet(3800+k*1200/c.trial, 1, to)
	}
	add("5010 ! restart n=a2\n5011 a2/s recover n=%d lost=0", cs[2])
	lines = strings.Split(strings.Join(append(lines, c.extra), "\n"), "\n")
	slices.SortStableFunc(lines, func(a, b string) int { return msOf(a) - msOf(b) })
	return c.header + "\n" + strings.Join(lines, "\n")
}

func msOf(line string) (ms int) {
	fmt.Sscan(line, &ms)
	return ms
}

// given is what the distributor does with n packets of its own emitter at t: it
// admits them, and sends those to a2 that are said to be sent.
func given(t, n, sent int, to string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "%d d/in admit id=z/1/%d w=w1 q=1 qb=10\n", t, i)
		if i <= sent {
			fmt.Fprintf(&b, "%[1]d d/w1 pick p=%[2]d id=z/1/%[2]d att=1 n=1 to=%[3]s v=1\n%[1]d d/w1 send z%[2]d %[3]s/s packet id=z/1/%[2]d n=1 att=1\n%[1]d ! lost z%[2]d to=%[3]s why=down\n", t, i, to)
		}
	}
	return b.String()
}

func TestIsolation(t *testing.T) {
	refuse := "\n4000 d/in refuse id=z/1/99 why=queue_full q=10 qb=10"
	shut := "3780 e/m back on=true\n"
	for name, c := range map[string]struct {
		run  isoRun
		want Status
	}{
		"the others take all":            {isoRun{calm: 60, trial: 60, take: 60}, Pass},
		"the others keep their share":    {isoRun{calm: 60, trial: 60, take: 30}, Pass},
		"the others stand still":         {isoRun{calm: 60, trial: 60}, Fail},
		"a full one is waited for":       {isoRun{header: "run on_full=wait", calm: 60, trial: 60}, Vacuous},
		"more workers, more slack":       {isoRun{calm: 60, trial: 60, extra: "1 d/w2 view v=1 ver=1 set=a1=1:up,a2=1:up\n1 d/w3 view v=1 ver=1 set=a1=1:up,a2=1:up"}, Vacuous},
		"a policy that draws shows less": {isoRun{header: "run policy=random", calm: 60, trial: 60}, Vacuous},

		"too few in calm":               {isoRun{calm: 49, trial: 60}, Vacuous},
		"too few in the trial":          {isoRun{calm: 60, trial: 49}, Vacuous},
		"calm is too short":             {isoRun{calm: 60, trial: 60, extra: "1150 d/w1 view v=2 ver=1 set=a1=1:up"}, Vacuous},
		"the trial is too short":        {isoRun{calm: 60, trial: 60, extra: "4700 ! restart n=a2\n4700 ! crash n=a2 inc=2"}, Vacuous},
		"four times the load":           {isoRun{calm: 60, trial: 240, take: 30}, Pass},
		"a burst at the very end":       {isoRun{calm: 60, trial: 60, take: 60, extra: burst(5008, 400)}, Pass},
		"the same burst earlier":        {isoRun{calm: 60, trial: 60, take: 3, extra: burst(4800, 400)}, Fail},
		"a slow burst, slow in calm":    {isoRun{calm: 60, late: 30, trial: 60, take: 60, extra: burst(4900, 400)}, Pass},
		"a backlog in calm":             {isoRun{calm: 60, trial: 60, take: 20, extra: backlog(1500, 200)}, Pass},
		"the analyser had no weight":    {isoRun{view: "a1=1:up,a2=0:up", calm: 60, trial: 60}, Vacuous},
		"the others had no weight":      {isoRun{view: "a1=0:up,a2=1:up", calm: 60, trial: 60}, Vacuous},
		"the others are full":           {isoRun{calm: 60, trial: 60, extra: "4000 d/w1 view v=2 ver=1 set=a1=1:full"}, Vacuous},
		"the others were full":          {isoRun{calm: 60, trial: 60, extra: "3500 d/w1 view v=2 ver=1 set=a1=1:full"}, Vacuous},
		"the failed one is full":        {isoRun{calm: 60, trial: 60, extra: "4000 d/w1 view v=2 ver=1 set=a2=1:full"}, Fail},
		"the others have much in hand":  {isoRun{calm: 60, trial: 60, extra: given(4000, 1, 1, "a1")}, Fail},
		"refused, others have much":     {isoRun{calm: 60, trial: 60, extra: given(3900, 8, 1, "a1") + refuse}, Vacuous},
		"refused, others had much":      {isoRun{calm: 60, trial: 60, extra: given(3500, 8, 1, "a1") + refuse}, Vacuous},
		"refused, nobody was given any": {isoRun{calm: 60, trial: 60, extra: given(3900, 8, 1, "a2") + refuse}, Fail},
		"refused, most is under way":    {isoRun{calm: 60, trial: 60, extra: given(3900, 5, 3, "a2") + refuse}, Vacuous},
		"back-pressure at the end":      {isoRun{calm: 60, trial: 60, take: 60, extra: given(3500, 8, 1, "a2") + "4900 e/m back on=true"}, Pass},
		"kept out, nobody given any":    {isoRun{calm: 120, trial: 50, take: 10, extra: given(3500, 8, 1, "a2") + shut}, Fail},
		"kept out before the trial":     {isoRun{calm: 120, trial: 50, take: 10, extra: given(3500, 8, 1, "a2") + "3400 e/m back on=true"}, Fail},
		"kept out, most is under way":   {isoRun{calm: 120, trial: 50, take: 10, extra: given(3500, 5, 3, "a2") + shut}, Vacuous},
		"kept out for a moment":         {isoRun{calm: 120, trial: 50, take: 16, extra: given(3500, 8, 1, "a2") + shut + "3900 e/m back on=false"}, Pass},

		"the load is changed":          {isoRun{calm: 60, trial: 60, extra: "4000 ! load n=e val=200"}, Vacuous},
		"a configuration":              {isoRun{calm: 60, trial: 60, extra: "4000 d/sup config ver=2 ok=true from=control set=a1=2:up,a2=1:up"}, Vacuous},
		"a document":                   {isoRun{calm: 60, trial: 60, extra: "4000 ! configure n=d val=x"}, Vacuous},
		"another is paused":            {isoRun{calm: 60, trial: 60, extra: "4000 ! pause n=a1\n4001 ! resume n=a1"}, Vacuous},
		"another's link is cut":        {isoRun{calm: 60, trial: 60, extra: "4000 ! cut from=d to=a1 cls=ack"}, Vacuous},
		"an emitter's link is cut":     {isoRun{calm: 60, trial: 60, extra: "3100 ! cut from=e to=d cls=data"}, Vacuous},
		"another fault of the same":    {isoRun{calm: 60, trial: 60, extra: "4000 ! cut from=a1 to=a2 cls=all\n4000 ! cut from=d to=a2 cls=all\n5000 ! heal from=a1 to=a2 cls=all\n5000 ! heal from=d to=a2 cls=all"}, Fail},
		"its link is cut before":       {isoRun{calm: 60, trial: 60, extra: "3150 ! cut from=a1 to=a2 cls=all"}, Fail},
		"it is cut for good":           {isoRun{calm: 60, trial: 60, extra: "3150 ! cut from=d to=a2 cls=all\n5300 ! phase name=end"}, Fail},
		"a fault before is not calm":   {isoRun{calm: 60, trial: 60, extra: "1500 ! disk_tear n=a1"}, Vacuous},
		"a link that nobody can judge": {isoRun{calm: 60, trial: 60, extra: "3000 ! cut from=e to=d cls=data\n3001 ! heal from=e to=d cls=data"}, Vacuous},
	} {
		t.Run(name, func(t *testing.T) {
			watchStatus(t, checkWatch(t, c.run.script(), Options{Only: []string{"B5"}}), "B5", c.want)
		})
	}
}

// burst is n packets emitted at t that nobody commits before the run ends.
func burst(t, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d e/m emit id=y/1/%d n=1 b=10 h=00000000\n", t, i+1)
	}
	return strings.TrimSpace(b.String())
}

// backlog is n packets that were emitted before window A and are committed at t.
func backlog(t, n int) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(burst(10, n), " e/m", " e2/m"))
	for i := range n {
		fmt.Fprintf(&b, "\n%d a1/s2 commit id=y/1/%d n=1 h=00000000 cs=%d op=%d", t, i+1, 1000+i, 1000+i)
	}
	return b.String()
}

func TestIsolationNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64Range(0, 1<<58).Draw(t, "v")
		if r := squareRoot(v); r*r > v || (r+1)*(r+1) <= v {
			t.Fatalf("root of %d is %d", v, r)
		}
		n := rapid.SliceOfN(rapid.Int64Range(0, 1<<62), 4, 4).Draw(t, "n")
		mul := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
		if less(n[0], n[1], n[2], n[3]) != (mul(n[0], n[1]).Cmp(mul(n[2], n[3])) < 0) {
			t.Fatalf("%v", n)
		}
	})
}

// TestEmitTailCountsTheEnd holds the coarse count against a list of all: what is
// young enough is counted, and nothing that is older by a part more.
func TestEmitTailCountsTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lag := rapid.Int64Range(0, 1000).Draw(t, "lag")
		tail := emitTail{width: lag/tailParts + 1}
		var at []int64
		now := int64(0)
		for range rapid.IntRange(0, 200).Draw(t, "emits") {
			now += rapid.Int64Range(0, 50).Draw(t, "gap")
			tail.add(now, 2)
			at = append(at, now)
		}
		end := now + rapid.Int64Range(0, lag).Draw(t, "after")
		count := func(from int64) (n int64) {
			for _, x := range at {
				if x >= from {
					n++
				}
			}
			return n
		}
		packets, messages := tail.since(end - lag)
		if packets < count(end-lag) || packets > count(end-lag-tail.width) || messages != 2*packets {
			t.Fatalf("%d packets of %d to %d", packets, count(end-lag), count(end-lag-tail.width))
		}
	})
}
