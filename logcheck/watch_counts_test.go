package logcheck

import (
	"fmt"
	"strings"
	"testing"
)

// countsLog is a sound run in state crdt-counts: a decision at d, which d2 hears of and
// makes up for; then d2 dies, and its next incarnation folds what d remembers.
const countsLog = `
run state=crdt-counts converge=100
0 a1/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
0 d/sup seed by=boot-1
0 d/sup replica ver=1 from=boot seen=boot-1/1=2 dig=00000000000000aa n=2 dead=0
0 d2/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
0 d2/sup seed by=boot-1
0 d2/sup replica ver=1 from=boot seen=boot-1/1=2 dig=00000000000000aa n=2 dead=0
1 d/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
1 d2/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
1 d2/sup tally n=1 from=own set=a1=0,a2=0 seen=d2/1=1
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1
3 d/w1 trade ser=1 p=1 own=a1=-2147483648,a2=2147483648
10 d/sup tally n=1 from=own of=w1=1 set=a1=-2147483648,a2=2147483648 seen=d/1=1
11 d/sup send g1 d2/sup gossip ser=1 off=0 b=35 total=35
12 d2/sup recv g1
12 d2/sup tally n=2 from=gossip fr=d fi=1 ser=1 set=a1=0,a2=0 seen=d/1=1,d2/1=1
13 d2/w1 trade ser=1 at=2 set=a1=-2147483648,a2=2147483648
14 d2/w1 pick p=1 id=e/1/2 att=1 n=1 to=a2 v=1
15 d2/w1 trade ser=2 at=2 p=1 own=a1=2147483648,a2=-2147483648 set=a1=-2147483648,a2=2147483648
16 d2/sup tally n=3 from=own of=w1=2 set=a1=2147483648,a2=-2147483648 seen=d/1=1,d2/1=2
17 d2/sup send g2 d/sup gossip ser=1 off=0 b=35 total=35
18 d/sup recv g2
18 d/sup tally n=2 from=gossip fr=d2 fi=1 ser=1 set=a1=-2147483648,a2=2147483648 seen=d/1=1,d2/1=2
19 d/w1 trade ser=2 at=2 p=1 own=a1=-2147483648,a2=2147483648 set=a1=2147483648,a2=-2147483648
20 ! crash n=d2 inc=1
30 ! restart n=d2
31 d2/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
31 d2/sup seed by=boot-1
31 d2/sup replica ver=1 from=boot seen=boot-1/1=2 dig=00000000000000aa n=2 dead=0
32 d2/sup tally n=1 from=own set=a1=0,a2=0 seen=d2/2=1
33 d/sup send g3 d2/sup gossip ser=2 off=0 b=35 total=35
34 d2/sup recv g3
34 d2/sup tally n=2 from=gossip fr=d fi=1 ser=2 set=a1=0,a2=0 seen=d/1=1,d2/1=2,d2/2=1
35 d2/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
36 d2/w1 trade ser=1 at=2
120 d2/sup tally n=3 from=fold folds=1 set=a1=2147483648,a2=-2147483648 seen=d/1=1,d2/2=2
121 d2/sup send g4 d/sup gossip ser=1 off=0 b=35 total=35
122 d/sup recv g4
122 d/sup tally n=3 from=gossip fr=d2 fi=2 ser=1 set=a1=-2147483648,a2=2147483648 seen=d/1=1,d2/2=2
123 d/w1 trade ser=3 at=3 p=1 own=a1=-2147483648,a2=2147483648 set=a1=2147483648,a2=-2147483648
`

func TestSoundCounts(t *testing.T) {
	v := checkWatch(t, countsLog, Options{})
	for _, id := range []string{"H6", "R1", "R6", "R14", "G2", "G3"} {
		watchStatus(t, v, id, Pass)
	}
}

// TestBrokenCounts has one untruth at a time.
func TestBrokenCounts(t *testing.T) {
	for _, c := range []struct{ name, id, old, new string }{
		{"own credits that are not", "R6", "3 d/w1 trade ser=1 p=1 own=a1=-2147483648,a2=2147483648", "3 d/w1 trade ser=1 p=1 own=a1=0,a2=0"},
		{"others that do not count", "R6", "14 d2/w1 pick p=1 id=e/1/2 att=1 n=1 to=a2", "14 d2/w1 pick p=1 id=e/1/2 att=1 n=1 to=a1"},
		{"counts of nobody", "R14", "10 d/sup tally n=1 from=own of=w1=1 set=a1=-2147483648,a2=2147483648", "10 d/sup tally n=1 from=own of=w1=1 set=a1=-2147483647,a2=2147483647"},
		{"counts of a trade that was not made", "R14", "of=w1=2", "of=w1=3"},
		{"counts of too few analysers", "R14", "16 d2/sup tally n=3 from=own of=w1=2 set=a1=2147483648,a2=-2147483648", "16 d2/sup tally n=3 from=own of=w1=2 set=a1=2147483648"},
		{"others that nobody counted", "R14", "13 d2/w1 trade ser=1 at=2 set=a1=-2147483648,a2=2147483648", "13 d2/w1 trade ser=1 at=2 set=a1=-2147483648"},
		{"others with its own", "R14", "19 d/w1 trade ser=2 at=2 p=1 own=a1=-2147483648,a2=2147483648 set=a1=2147483648,a2=-2147483648", "19 d/w1 trade ser=2 at=2 p=1 own=a1=-2147483648,a2=2147483648"},
		{"a record that is missing", "R14", "18 d/sup tally n=2", "18 d/sup tally n=3"},
		{"a record that was not made", "R14", "19 d/w1 trade ser=2 at=2", "19 d/w1 trade ser=2 at=9"},
		{"a trade again", "R14", "15 d2/w1 trade ser=2", "15 d2/w1 trade ser=1"},
		{"a dead incarnation is lost", "R14", "folds=1 set=a1=2147483648,a2=-2147483648", "folds=1 set=a1=0,a2=0"},
		{"a dead incarnation counts twice", "G2", "seen=d/1=1,d2/2=2\n121", "seen=d/1=1,d2/1=2,d2/2=2\n121"},
		{"a merge that tells less", "G2", "set=a1=0,a2=0 seen=d/1=1,d2/1=1", "set=a1=0,a2=0 seen=d2/1=1"},
		{"what was not told", "G2", "18 d/sup recv g2\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(countsLog, c.old) != 1 {
				t.Fatalf("%q is not there once", c.old)
			}
			watchStatus(t, checkWatch(t, strings.Replace(countsLog, c.old, c.new, 1), Options{}), c.id, Fail)
		})
	}
}

// TestCountsThatDoNotArrive: nobody tells the new incarnation what the others counted.
func TestCountsThatDoNotArrive(t *testing.T) {
	text, _, _ := strings.Cut(countsLog, "33 d/sup")
	watchStatus(t, checkWatch(t, text+"250 d2/w1 view v=1 ver=1 set=a1=1:up,a2=1:up\n", Options{}), "G3", Fail)
}

// TestJointBound: choosers that know of each other keep the joint bound, and break it when
// they act as if they did not; those that cannot know are allowed for.
func TestJointBound(t *testing.T) {
	base := strings.Join(strings.Split(countsLog, "\n")[:11], "\n") + "\n"
	picks := func(who func(i int) string, to func(i int) string) string {
		text, p := base, map[string]int{}
		for i := range 64 {
			w := who(i)
			p[w]++
			text += fmt.Sprintf("%d %s pick p=%d id=e/1/%d att=1 n=1 to=%s v=1\n", 2+i, w, p[w], i+1, to(i))
		}
		return text
	}
	alone := func(int) string { return "d/w1" }
	both := func(i int) string { return []string{"d/w1", "d2/w1"}[i%2] }
	turns := func(n int) func(i int) string { return func(i int) string { return []string{"a1", "a2"}[i/n%2] } }
	watchStatus(t, checkWatch(t, picks(alone, turns(1)), Options{}), "R14", Pass)
	watchStatus(t, checkWatch(t, picks(both, turns(2)), Options{}), "R14", Pass)
	watchStatus(t, checkWatch(t, picks(alone, func(int) string { return "a1" }), Options{}), "R14", Fail)
	watchStatus(t, checkWatch(t, picks(both, func(int) string { return "a1" }), Options{}), "R6", Fail)
}
