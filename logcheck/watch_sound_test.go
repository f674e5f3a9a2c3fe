package logcheck

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const watchBoot = `0 a1/s recover n=0 lost=0
0 a2/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
`

// TestSoundSituations are runs of a sound system in awkward moments, none of which
// may fail any property of this family.
func TestSoundSituations(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "watch", "sound.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	runs := watchSections(string(text))
	base := runs["base"]
	delete(runs, "base")
	delete(runs, "title")
	runs["the budget was taken before packets ended"] = budgetRun()
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			v := checkWatch(t, base+run, Options{})
			for _, id := range append(slices.Clone(integrityIDs), overseerIDs[:]...) {
				if r := watchOf(v, id); r.Status == Fail || r.Status == Unknown && id[0] != 'H' {
					t.Errorf("%s is %s: %s %v", id, r.Status, r.Detail, watchRefs(r))
				}
			}
		})
	}
	if len(runs) < 15 {
		t.Errorf("only %d runs", len(runs))
	}
}

// budgetRun has three retries that were due while 20 packets were active and are
// picked 20 ms later, when 15 of those have ended.
func budgetRun() string {
	var b strings.Builder
	for i := 1; i <= 20; i++ {
		fmt.Fprintf(&b, "2 d/in admit id=e/1/%d w=w1 q=1 qb=10\n", i)
	}
	for i := 1; i <= 3; i++ {
		fmt.Fprintf(&b, "3 d/w1 pick p=%d id=e/1/%d att=1 n=1 to=a%d v=1\n3 d/w1 attempt_failed id=e/1/%d att=1 to=a%d why=full\n", i, i, 2-i%2, i, 2-i%2)
	}
	for i := 6; i <= 20; i++ {
		fmt.Fprintf(&b, "10 d/w1 gave_up id=e/1/%d why=stopping\n", i)
	}
	for i := 1; i <= 3; i++ {
		fmt.Fprintf(&b, "%[1]d d/w1 pick p=%[2]d id=e/1/%[3]d att=2 n=1 to=a%[4]d v=1 x=a%[5]d\n%[1]d d/w1 send x%[3]d a%[4]d/s packet id=e/1/%[3]d n=1 att=2\n%[1]d a%[4]d/s recv x%[3]d\n",
			20+i, i+3, i, 1+i%2, 2-i%2)
	}
	return b.String()
}

// TestPoliciesReplay writes runs of every policy with start credits, flips and
// retries, as the replay's own rules choose, and then with one choice changed.
func TestPoliciesReplay(t *testing.T) {
	for _, pol := range policies {
		for seed := range uint64(6) {
			text, wrong := policyRun(pol, seed)
			v := checkWatch(t, text, Options{})
			for _, id := range []string{"R1", "R3", "R6", "R8", "R9", "R10", "R11", "R12"} {
				if r := watchOf(v, id); r.Status == Fail {
					t.Errorf("%s %d: %s: %s %v", pol, seed, id, r.Detail, watchRefs(r))
				}
			}
			if r := watchOf(v, "R6"); r.Judged < 300 {
				t.Errorf("%s %d: only %d decisions judged", pol, seed, r.Judged)
			}
			if r := watchOf(v, "R3"); r.Status != Pass {
				t.Errorf("%s %d: R3 is %s", pol, seed, r.Status)
			}
			if r := watchOf(checkWatch(t, wrong, Options{}), "R6"); r.Status != Fail {
				t.Errorf("%s %d: a wrong choice passes R6", pol, seed)
			}
		}
	}
}

// policyRun makes a script with 320 picks, and the same with one target changed.
func policyRun(pol string, seed uint64) (text, wrong string) {
	r := rand.New(rand.NewPCG(seed, 7))
	book := newViewBook(NewNames())
	entries, _ := book.apply(nil, []byte("a1=1:up,a2=2:up,a3=3:up"))
	view := book.intern(entries)
	d := drawing{credit: make([]int64, 3), n: 1, m: 10}
	p := parsePolicy(pol)
	decide := func() int32 {
		d.elig, d.share = view.set.elig, view.set.share
		d.raw = r.Uint64()
		at := d.winner(p)
		d.settle(at, p.unit(d.n))
		return at
	}
	for range r.IntN(12) {
		decide()
	}
	lines := []string{"run m=10 policy=" + pol, "1 d/w1 view v=1 ver=1 set=a1=1:up,a2=2:up,a3=3:up",
		fmt.Sprintf("1 d/w1 credit set=a1=%d,a2=%d,a3=%d", d.credit[0], d.credit[1], d.credit[2]),
		"1 a1/s recover n=0 lost=0"}
	v, spoil := 1, 0
	for k := range 320 {
		if k > 150 && k%40 == 0 {
			set := []string{"a3=3:full", "a3=3:up"}[k/40%2]
			entries, _ = book.apply(entries, []byte(set))
			view = book.intern(entries)
			v++
			lines = append(lines, fmt.Sprintf("%d d/w1 view v=%d ver=1 set=%s", 2+k, v, set))
		}
		d.n = 1 + r.Int64N(10)
		at := decide()
		raw := ""
		if pol == "random" {
			raw = fmt.Sprintf(" raw=%016x", d.raw)
		}
		if k == 100 {
			spoil = len(lines)
		}
		lines = append(lines, fmt.Sprintf("%d d/w1 pick p=%d id=e/1/%d att=1 n=%d v=%d%s to=a%d", 2+k, k+1, k+1, d.n, v, raw, at+1))
	}
	text = strings.Join(lines, "\n")
	last := lines[spoil][len(lines[spoil])-1]
	lines[spoil] = lines[spoil][:len(lines[spoil])-1] + string('1'+(last-'1'+1)%3)
	return text, strings.Join(lines, "\n")
}

func TestStartCreditsMustBeReachable(t *testing.T) {
	for set, want := range map[string]Status{
		"a1=-2147483648,a2=2147483648": Pass, // one virtual decision
		"a1=-2147483647,a2=2147483647": Fail,
		"a1=4294967296,a2=-4294967296": Fail,
	} {
		text := watchBoot + "1 d/w1 credit set=" + set + "\n2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a2 v=1\n"
		if strings.HasPrefix(set, "a1=4") {
			text = strings.Replace(text, "to=a2", "to=a1", 1)
		}
		if r := watchOf(checkWatch(t, text, Options{}), "R6"); r.Status != want {
			t.Errorf("credits %s: R6 is %s, want %s: %s", set, r.Status, want, r.Detail)
		}
	}
}

func TestEqualStartPhasesAreFoundAmongManyWorkers(t *testing.T) {
	run := func(spread bool) Result {
		text, picks := watchBoot, ""
		for w := 2; w < 40; w++ {
			text += fmt.Sprintf("1 d/w%d view v=1 ver=1 set=a1=1:up,a2=1:up\n", w)
			if spread && w%2 == 0 {
				text += fmt.Sprintf("1 d/w%d credit set=a1=-2147483648,a2=2147483648\n", w)
				picks += fmt.Sprintf("2 d/w%d pick p=1 id=e/1/%d att=1 n=1 to=a2 v=1\n", w, w)
				continue
			}
			picks += fmt.Sprintf("2 d/w%d pick p=1 id=e/1/%d att=1 n=1 to=a1 v=1\n", w, w)
		}
		return watchOf(checkWatch(t, text+picks, Options{}), "R4")
	}
	if r := run(true); r.Status != Pass {
		t.Errorf("different phases: %s %s", r.Status, r.Detail)
	}
	if r := run(false); r.Status != Fail {
		t.Errorf("equal phases: %s", r.Status)
	}
}

func TestReport(t *testing.T) {
	text := watchBoot + `1 e/m emit id=e/1/1 n=3 b=10 h=00000000
2 d/w1 pick p=1 id=e/1/1 att=1 n=3 to=a1 v=1
2 d/w1 send x a1/s packet id=e/1/1 n=3 att=1
3 a1/s recv x
3 a1/s commit id=e/1/1 n=3 h=00000000 cs=1 op=9
4 a1/s send z d/w1 receipt id=e/1/1 att=1 st=committed
5 d/w1 recv z
5 d/w1 done id=e/1/1 att=1 to=a1 st=committed
9 e/m outcome id=e/1/1 out=acked
100 ! crash n=a1 inc=1
150 d/w1 probed an=a1 pn=1 res=timeout
250 d/w1 probed an=a1 pn=2 res=timeout
350 d/w1 probed an=a1 pn=3 res=timeout
350 d/w1 health an=a1 to=down why=probe f=3
400 e/m emit id=e/1/2 n=1 b=10 h=00000000
500 ! restart n=a1
501 a1/s recover n=1 lost=0
700 d/w1 health an=a1 to=up why=recovered ok=2
`
	var rep Report
	checkWatch(t, text, Options{Report: &rep})
	if len(rep.Distributors) != 1 || len(rep.Distributors[0].Epochs) != 1 || len(rep.Faults) != 1 || len(rep.Emitters) != 1 {
		t.Fatalf("report %+v", rep)
	}
	sh := rep.Distributors[0].Epochs[0].Shares
	if sh[0] != (ShareReport{"a1", 500000, 1500, 3, 1}) || sh[1] != (ShareReport{"a2", 500000, 1500, 0, 0}) {
		t.Errorf("shares %+v", sh)
	}
	if w := rep.Distributors[0].Worst; len(w) != 2 || w[0].OverfedMilli != 1500 || w[0].OverfedBound != 1500 || w[1].StarvedMilli != 1500 {
		t.Errorf("worst %+v", w)
	}
	if f := rep.Faults[0]; f.Do != "crash" || f.Detect.Max != 250e6 || f.Recover.Count != 1 || f.Recover.Max != 200e6 {
		t.Errorf("fault %+v", f)
	}
	if e := rep.Emitters[0]; e.Worst != 300e6 || e.WorstAt != 400e6 || e.Acked != 1 {
		t.Errorf("emitter %+v", e)
	}
	if a := rep.Analysers[0]; a.DecidedMessages != 3 || a.DeliveredMessages != 3 || a.CommittedMessages != 3 {
		t.Errorf("analyser %+v", a)
	}
	b, err := rep.JSON()
	var back Report
	if err != nil || json.Unmarshal(b, &back) != nil || back.Totals != rep.Totals || rep.Totals.UniqueMessages != 3 {
		t.Errorf("JSON %v %s", err, b)
	}
	rep.Analysers[0].Node = "a1\x1b[31m"
	if out := rep.Text(); strings.ContainsRune(out, 0x1b) || !strings.Contains(out, "50.0000") || !strings.Contains(out, "1.500") {
		t.Errorf("text:\n%s", out)
	} else {
		t.Logf("\n%s", out)
	}
}

// TestAFailedSendArrivesLate has a message whose sender was told of a reset, and that
// arrives all the same after more others than the checker remembers the ends of.
func TestAFailedSendArrivesLate(t *testing.T) {
	var b strings.Builder
	b.WriteString("1 d/w1 send x a1/s probe pn=1\n2 d/w1 fail tok=1 why=reset\n")
	for i := range lingerMax + 10 {
		fmt.Fprintf(&b, "%[1]d d/w1 send y%[1]d a2/s probe pn=%[1]d\n%[1]d a2/s recv y%[1]d\n", 3+i)
	}
	late := fmt.Sprintf("%d a1/s recv x\n", 20+lingerMax)
	for text, want := range map[string]Status{late: Pass, late + late: Fail} {
		if r := watchOf(checkWatch(t, b.String()+text, Options{}), "H3"); r.Status != want {
			t.Errorf("H3 is %s, want %s: %s", r.Status, want, r.Detail)
		}
	}
}
