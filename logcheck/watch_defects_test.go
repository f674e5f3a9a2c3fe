package logcheck

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMoreDefects has one more broken run for each clause that the first example
// of its property does not reach.
func TestMoreDefects(t *testing.T) {
	down := "100 ! crash n=a1 inc=1\n150 d/w1 probed an=a1 pn=1 res=timeout\n250 d/w1 probed an=a1 pn=2 res=timeout\n350 d/w1 probed an=a1 pn=3 res=timeout\n"
	for _, c := range []struct{ id, name, text string }{
		{"R1", "not eligible", "2 d/w1 view v=2 ver=1 set=a1=1:full\n3 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=2\n"},
		{"R1", "an older view", "2 d/w1 view v=2 ver=1 set=a1=2:up\n3 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n"},
		{"R1", "not registered", "3 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a9 v=1\n"},
		{"R1", "excluded", "3 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1 x=a1\n"},
		{"R1", "a failed attempt is sent", "3 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n3 d/w1 attempt_failed id=e/1/1 att=1 to=a1 why=full\n4 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n5 a1/s recv x\n"},
		{"R6", "a decision is missing", "2 d/w1 pick p=2 id=e/1/1 att=1 n=1 to=a1 v=1\n"},
		{"R6", "a packet above M", "2 d/w1 pick p=1 id=e/1/1 att=1 n=11 to=a1 v=1\n"},
		{"R6", "a view that cannot be", "2 d/w1 view v=2 ver=1 set=a1=1000001:up\n"},
		{"R7", "an old configuration", "10 d/sup config ver=2 ok=true from=control set=a1=1:up,a2=5:up\n61 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n"},
		{"R10", "excludes what was not tried", "2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 attempt_failed id=e/1/1 att=1 to=a1 why=full\n3 d/w1 pick p=2 id=e/1/1 att=2 n=1 to=a1 v=1 x=a2\n"},
		{"R13", "other weights", "10 d/sup config ver=2 ok=true from=control set=a1=3:up,a2=1:up\n40 d/w1 view v=2 ver=2 set=a1=4:up\n"},
		{"R13", "a version that was not accepted", "40 d/w1 view v=2 ver=7 set=a1=4:up\n"},
		{"R13", "a version goes back", "10 d/sup config ver=1 ok=true from=control set=a1=3:up,a2=1:up\n"},
		{"R13", "a refused document has effect", "10 d/sup config ver=2 ok=false from=control\n11 d/w1 view v=2 ver=1 set=a1=9:up\n"},
		{"F4", "a packet is sent", down + "350 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n350 d/w1 health an=a1 to=down why=probe f=3\n351 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n351 ! lost x to=a1 why=down\n"},
		{"F5", "never answered", "2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n3 a1/s recv x\n900 d/w1 probed an=a2 pn=1 res=ok\n"},
		{"F8", "a wrong count", down + "350 d/w1 health an=a1 to=down why=probe f=4\n"},
		{"F8", "up too soon", down + "350 d/w1 health an=a1 to=down why=probe f=3\n400 ! restart n=a1\n401 a1/s recover n=0 lost=0\n450 d/w1 probed an=a1 pn=9 res=ok\n450 d/w1 health an=a1 to=up why=recovered ok=1\n"},
		{"F8", "data without failures", "500 d/w1 health an=a1 to=down why=data f=3\n"},
		{"F8", "phi of another detector", "500 d/w1 health an=a1 to=down why=phi f=3\n"},
		{"F8", "phi in a hurry", "run kind=phi silence=300\n500 d/w1 probed an=a1 pn=1 res=ok\n799 d/w1 probed an=a1 pn=2 res=timeout\n799 d/w1 health an=a1 to=down why=phi f=1\n"},
		{"F8", "a refusal that was none", down + "350 d/w1 health an=a1 to=down why=refused f=3\n"},
		{"F6", "what was delayed for long has arrived", down + "350 d/w1 health an=a1 to=down why=probe f=3\n350 d/w1 view v=2 ver=1 set=a1=1:down\n400 ! restart n=a1\n401 a1/s recover n=0 lost=0\n" +
			"410 ! impair from=d to=a1 cls=all val=delay~2s~jitter~500ms\n420 ! mend from=d to=a1 cls=all\n3300 d/w1 probed an=a2 pn=1 res=ok\n"},
		{"F6", "a delay that is no excuse", down + "350 d/w1 health an=a1 to=down why=probe f=3\n350 d/w1 view v=2 ver=1 set=a1=1:down\n400 ! restart n=a1\n401 a1/s recover n=0 lost=0\n" +
			"410 ! impair from=d to=a1 cls=all val=delay~90ms\n420 ! mend from=d to=a1 cls=all\n830 d/w1 probed an=a2 pn=1 res=ok\n"},
		{"F9", "phi of one that was never heard", "run kind=phi silence=300\n799 d/w1 health an=a1 to=down why=phi f=0\n"},
		{"F9", "a view without a verdict", "500 d/w1 view v=2 ver=1 set=a1=1:down\n"},
		{"F9", "a central verdict", "500 d/w1 health an=a1 to=down why=central\n"},
		{"F13", "up without a data probe", strings.Repeat("500 d/w1 attempt_failed id=e/1/1 att=1 to=a1 why=timeout\n", 3) + "500 d/w1 health an=a1 to=down why=data f=3\n" +
			"600 d/w1 probed an=a1 pn=1 res=ok\n700 d/w1 probed an=a1 pn=2 res=ok\n700 d/w1 health an=a1 to=up why=recovered ok=2\n"},
		{"B1", "a window of one", "run window=1\n2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n3 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a2 v=1\n" +
			"4 d/w1 pick p=3 id=e/1/3 att=1 n=1 to=a1 v=1\n4 d/w1 send y a1/s packet id=e/1/3 n=1 att=1\n5 a1/s recv x\n5 a1/s recv y\n"},
		{"B1", "a full one is chosen", "run window=1\n2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n3 a1/s recv x\n3 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a2 v=1\n4 d/w1 pick p=3 id=e/1/3 att=1 n=1 to=a1 v=1\n"},
		{"F4", "an attempt is failed for a verdict that is not", "2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n3 a1/s recv x\n3 d/w1 attempt_failed id=e/1/1 att=1 to=a1 why=down\n"},
		{"F8", "down too late", down + "450 d/w1 probed an=a1 pn=4 res=timeout\n450 d/w1 health an=a1 to=down why=probe f=4\n"},
		{"F8", "data too late", refusals(4)},
		{"F8", "up too late", down + "350 d/w1 health an=a1 to=down why=probe f=3\n400 ! restart n=a1\n401 a1/s recover n=0 lost=0\n450 d/w1 probed an=a1 pn=9 res=ok\n550 d/w1 probed an=a1 pn=10 res=ok\n650 d/w1 probed an=a1 pn=11 res=ok\n"},
		{"F8", "an incarnation that nobody heard of", down + "350 d/w1 health an=a1 to=down why=probe f=3 inc=7\n"},
		{"B1", "a queue that is longer than it says", "2 e/m send s1 d/in submit id=e/1/1 n=1\n3 d/in recv s1\n3 d/in admit id=e/1/1 w=w1 q=1 qb=9\n"},
		{"B1", "full and not full", "2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n2 d/w1 view v=2 ver=1 set=a1=1:full\n3 a1/s recv x\n"},
		{"B1", "full and handled", "run state=shared window=1\n2 d/r pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1 w=w1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n3 a1/s recv x\n3 a1/s send z d/w1 receipt id=e/1/1 att=1 st=committed\n" +
			"4 d/w1 recv z\n4 d/w1 done id=e/1/1 att=1 to=a1 st=committed\n4 d/w1 view v=2 ver=1 set=a1=1:full\n"},
		{"B1", "full for ever", "run window=1\n2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1\n2 d/w1 send x a1/s packet id=e/1/1 n=1 att=1\n2 d/w1 view v=2 ver=1 set=a1=1:full\n3 a1/s recv x\n" +
			"102 d/w1 attempt_failed id=e/1/1 att=1 to=a1 why=timeout\n303 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a2 v=2\n"},
		{"B1", "an emitter keeps too much", "run buffer=1\n2 e/m emit id=e/1/1 n=1 b=9 h=000000aa\n3 e/m emit id=e/1/2 n=1 b=9 h=000000ab\n"},
		{"B2", "the answer to an older submission", "2 e/m send s1 d/in submit id=e/1/1 n=1\n3 d/in recv s1\n3 d/in admit id=e/1/1 w=w1 q=1 qb=0\n4 e/m send s2 d/in submit id=e/1/1 n=1\n5 d/in recv s2\n5 d/in join id=e/1/1\n" +
			"6 d/in send r e/m result id=e/1/1 out=gave_up wait=1 re=1\n7 e/m recv r\n"},
		{"R6", "a draw is used twice", "run policy=random\n2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1 raw=0000000000000001\n3 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a1 v=1 raw=0000000000000001\n"},
		{"F1", "a worker does not follow the supervisor", "run kind=central\n" + strings.ReplaceAll(down, "/w1", "/sup") + "350 d/sup health an=a1 to=down why=probe f=3\n401 d/w1 resumed gap=0\n"},
		{"R13", "an accepted configuration is forgotten", "run persist=1\n10 d/sup config ver=2 ok=true from=control set=a1=3:up,a2=1:up\n20 ! crash n=d inc=1\n30 ! restart n=d\n31 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up\n"},
		{"R13", "a weight that no document asked for", `2 o/op send c d/sup control doc={\"op\":\"weight\",\"id\":\"a1\",\"weight\":-3}` + "\n3 d/sup recv c\n10 d/sup config ver=2 ok=true from=control set=a1=3:up,a2=1:up\n"},
		{"B2", "no answer at all", "2 e/m send s1 d/in submit id=e/1/1 n=1\n3 d/in recv s1\n4 e/m send s2 d/in submit id=e/1/2 n=1\n5 d/in recv s2\n5 d/in join id=e/1/2\n"},
	} {
		if r := watchOf(checkWatch(t, watchBoot+c.text, Options{}), c.id); r.Status != Fail {
			t.Errorf("%s, %s: %s %s", c.id, c.name, r.Status, r.Detail)
		}
	}
}

// refusals are packets to a1 that it refuses one after another, after a probe.
func refusals(n int) string {
	text := "9 d/w1 probed an=a1 pn=1 res=ok\n"
	for i := 1; i <= n; i++ {
		text += fmt.Sprintf("%[2]d d/w1 pick p=%[1]d id=e/1/%[1]d att=1 n=1 to=a1 v=1\n%[2]d d/w1 send x%[1]d a1/s packet id=e/1/%[1]d n=1 att=1\n%[2]d ! lost x%[1]d to=a1 why=down\n"+
			"%[3]d d/w1 attempt_failed id=e/1/%[1]d att=1 to=a1 why=refused\n", i, 10*i, 10*i+1)
	}
	return text
}

// TestWindowSeesWhatAGiantPacketHides has one packet of M messages, which loosens
// the epoch's bound for good, and 300 decisions later a small error that only a
// window's own M can show.
func TestWindowSeesWhatAGiantPacketHides(t *testing.T) {
	var b strings.Builder
	b.WriteString(watchBoot)
	credit := [2]int64{}
	pick := func(p, n, to int) {
		for i := range credit {
			credit[i] += int64(n) // halves of a message
		}
		credit[to] -= 2 * int64(n)
		fmt.Fprintf(&b, "%d d/w1 pick p=%d id=e/1/%d att=1 n=%d to=a%d v=1\n", p+1, p, p, n, to+1)
	}
	pick(1, 10, 0)
	for p := 2; p <= 300; p++ {
		to := 0
		if credit[1] > credit[0] {
			to = 1
		}
		pick(p, 1, to)
	}
	sound := b.String()
	for p := 301; p <= 303; p++ {
		pick(p, 1, 0)
	}
	if r := watchOf(checkWatch(t, sound, Options{}), "R3"); r.Status != Pass {
		t.Errorf("R3 is %s: %s", r.Status, r.Detail)
	}
	if r := watchOf(checkWatch(t, b.String(), Options{}), "R3"); r.Status != Fail || !strings.Contains(r.Detail, "window") {
		t.Errorf("R3 is %s: %s", r.Status, r.Detail)
	}
}

// TestHugeCreditsDoNotOverflow drives every policy's credits as far as a log can:
// the largest packets, all to one analyser.
func TestHugeCreditsDoNotOverflow(t *testing.T) {
	for _, pol := range policies {
		var b strings.Builder
		b.WriteString("run m=1048576 policy=" + pol + "\n" + watchBoot)
		for p := 1; p <= 3000; p++ {
			fmt.Fprintf(&b, "%d d/w1 pick p=%d id=e/1/%d att=1 n=1048576 to=a1 v=1 raw=ffffffffffffffff\n", p+1, p, p)
		}
		v := checkWatch(t, b.String(), Options{})
		if r := watchOf(v, "R6"); r.Status != Fail && pol != "random" {
			t.Errorf("%s: R6 is %s", pol, r.Status)
		}
	}
}

// TestGarbledRunsDoNotPanic shuffles, repeats and drops the lines of all examples:
// any verdict will do.
func TestGarbledRunsDoNotPanic(t *testing.T) {
	var lines []string
	files, err := filepath.Glob(filepath.Join("testdata", "watch", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := watchSections(string(text))
		if filepath.Base(name) == "sound.txtar" {
			continue
		}
		for _, part := range []string{s["base"], s["pass"], s["fail"]} {
			for line := range strings.Lines(part) {
				if !strings.Contains(line, "recv") && !strings.Contains(line, "lost") && !strings.HasPrefix(line, "run") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
		}
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	rapid.Check(t, func(t *rapid.T) {
		pick := rapid.SliceOfN(rapid.IntRange(0, len(lines)-1), 1, 80).Draw(t, "lines")
		if rapid.Bool().Draw(t, "ordered") {
			slices.Sort(pick)
		}
		text := []string{"0 e/m drained", "0 d/w1 resumed", "0 a1/s recover", "0 a2/s recover", "0 a3/s recover",
			"run policy=" + rapid.SampledFrom(policies).Draw(t, "policy") + " state=" + rapid.SampledFrom([]string{"local", "shared"}).Draw(t, "state") +
				" kind=" + rapid.SampledFrom(detectors).Draw(t, "kind")}
		for _, i := range pick {
			text = append(text, lines[i])
		}
		run, m := parseWatch(rapidTB{t}, strings.Join(text, "\n"))
		var rep Report
		if _, err := Check(m, run, Options{Report: &rep}); err != nil {
			t.Fatal(err)
		}
		rep.Text()
	})
}
