package logcheck

import (
	"fmt"
	"strings"
	"testing"
)

// scrapeLog has every kind of record that a scrape counts, before and after it.
const scrapeLog = `
100 flow e1/1/1 a1.1
120 flow e1/1/2 a2.1
140 e1.1/main kept_out n=5
141 d1.1/ingress refuse id=e1/1/3 why=queue_full q=1 qb=20
142 d1.1/ingress join id=e1/1/1
143 d1.1/w1 pick p=1 id=e1/1/1 att=1 n=2 to=a1 v=1
144 d1.1/w1 pick p=2 id=e1/1/2 att=2 n=2 to=a2 v=1
145 d1.1/w1 attempt_failed id=e1/1/1 att=1 to=a1 why=timeout
146 d1.1/w1 retry id=e1/1/1 att=2 wait=5
147 d1.1/w1 gave_up id=e1/1/1 why=deadline
148 d1.1/w1 dead id=e1/1/2 why=poison
149 d1.1/w1 probed an=a1 pn=1 res=timeout
149 d1.1/sup scale n=1 want=3 to=2 why=up set=cpu=900/700
150 d1.1/w1 health an=a1 to=down why=probe f=2
151 d1.1/w1 health an=a1 to=up why=central
152 a1.1/main dup id=e1/1/1 why=seen
153 a1.1/main poisoned id=e1/1/3 why=hash
154 d1.1/w1 probed an=a2 pn=1 res=ok
200 d1.1/w1 probed an=a1 pn=2 res=ok
201 d1.1/w1 probed an=a2 pn=2 res=ok
202 flow e1/1/4 a1.1
`

// scrapeHead is what each scrape begins with; it was taken between two records.
const scrapeHead = `# weir scrape from_ns=160 to_ns=200
# HELP weir_build_info 1; the labels say what runs.
# TYPE weir_build_info gauge
weir_build_info{go_version="go1.26",node="%s",role="x",version="a \"b\" \\ \n"} 1
weir_node_incarnation 1
weir_node_late_actors 0
process_start_time_seconds 1.7e+09 1700000000000
go_gc_duration_seconds{quantile="0.5"} NaN
`

// scrapes are what the nodes say of scrapeLog.
var scrapes = map[string]string{
	"e1": `weir_emitter_packets_total 2
weir_emitter_messages_total 4
weir_emitter_submissions_total 2
weir_emitter_outcomes_total{outcome="acked"} 2
weir_emitter_kept_out_total 5
`,
	"d1": `weir_distributor_admitted_total 2
weir_distributor_refused_total{reason="queue_full"} 1
weir_distributor_joined_total 1
weir_distributor_picks_total 2
weir_distributor_retries_total 1
weir_distributor_done_total 2
weir_distributor_gave_up_total{reason="deadline"} 1
weir_distributor_dead_total 1
weir_distributor_attempt_failures_total{reason="timeout"} 1
weir_distributor_analyser_attempts_total{analyser="a1"} 1
weir_distributor_analyser_attempts_total{analyser="a2"} 1
weir_distributor_analyser_messages_total{analyser="a1"} 2
weir_distributor_analyser_done_total{analyser="a1"} 1
weir_distributor_analyser_done_total{analyser="a2"} 1
weir_distributor_analyser_failures_total{analyser="a1"} 1
weir_distributor_analyser_failures_total{analyser="a2"} 0
weir_distributor_probes_total{result="timeout"} 1
weir_distributor_probes_total{result="ok"} 1
weir_distributor_verdicts_total{verdict="down"} 1
weir_distributor_scale_decisions_total{reason="up"} 1
`,
	"a1": `weir_analyser_commits_total 1
weir_analyser_messages_total 2
weir_analyser_duplicates_total 1
weir_analyser_poisoned_total 1
`,
}

// judgeScrape judges scrapeLog with a scrape of a node.
func judgeScrape(t testing.TB, node, text string) Result {
	t.Helper()
	m, run, _ := parseCase(t, scrapeLog)
	m = append(m, MemFile{"metrics/" + node + ".1.prom", []byte(text)})
	v, err := Check(m, run, Options{Only: []string{"H9"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v.Results {
		if r.ID == "H9" {
			return r
		}
		if r.Status == Fail {
			t.Fatalf("%s: %s %v", r.ID, r.Detail, r.Witness)
		}
	}
	t.Fatal("no H9")
	return Result{}
}

// TestScrape holds that what a node says is compared, metric by metric: one more, one
// less or none at all is seen.
func TestScrape(t *testing.T) {
	judged := map[string]bool{}
	for node, text := range scrapes {
		head := fmt.Sprintf(scrapeHead, node)
		if r := judgeScrape(t, node, head+text); r.Status != Pass || r.Judged < 4 {
			t.Errorf("%s: %s after %d: %s %v", node, r.Status, r.Judged, r.Detail, r.Witness)
		}
		for line := range strings.Lines(text) {
			series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			metric, _, _ := strings.Cut(series, "{")
			judged[metric] = true
			wrongs := []string{series + " 3" + value + "\n"}
			if value != "0" {
				wrongs = append(wrongs, "", series+" 0\n")
			}
			for _, wrong := range wrongs {
				r := judgeScrape(t, node, head+strings.Replace(text, line, wrong, 1))
				if r.Status != Fail || r.Failures != 1 || r.Witness[0].File != "metrics/"+node+".1.prom" || wrong != "" && !strings.HasPrefix(r.Witness[0].Text, metric) {
					t.Errorf("%q for %q: %s %s %v", wrong, line, r.Status, r.Detail, r.Witness)
				}
			}
		}
	}
	for _, m := range measures {
		if !judged[m.metric] {
			t.Errorf("no case of %s", m.metric)
		}
	}
}

// TestScrapeOfInputs holds that an emitter without a generator need not speak of one.
func TestScrapeOfInputs(t *testing.T) {
	text := fmt.Sprintf(scrapeHead, "e1") + strings.Replace(scrapes["e1"], "weir_emitter_kept_out_total 5\n", "", 1)
	if r := judgeScrape(t, "e1", text); r.Status != Fail || !strings.Contains(r.Detail, "kept_out_total") {
		t.Errorf("the log kept out 5: %s %s", r.Status, r.Detail)
	}
	m, run, _ := parseCase(t, strings.Replace(scrapeLog, "140 e1.1/main kept_out n=5\n", "", 1))
	v, err := Check(append(m, MemFile{"metrics/e1.1.prom", []byte(text)}), run, Options{Only: []string{"H9"}})
	if err != nil || v.Results[len(v.Results)-1].ID != "H9" || v.Results[len(v.Results)-1].Status != Pass {
		t.Errorf("%v %+v", err, v)
	}
}

// TestScrapeTimes holds that a scrape under load is judged by what had surely happened
// and what may have. Packets are cut at 101, 121 and 203.
func TestScrapeTimes(t *testing.T) {
	for _, c := range []struct {
		from, to, packets int
		want              Status
	}{
		{101, 300, 0, Pass}, {101, 300, 3, Pass}, {101, 300, 4, Fail}, {102, 300, 0, Fail}, {102, 300, 1, Pass}, {160, 202, 3, Fail}, {160, 203, 3, Pass},
	} {
		text := strings.Replace(fmt.Sprintf(scrapeHead, "e1"), "from_ns=160 to_ns=200", fmt.Sprintf("from_ns=%d to_ns=%d", c.from, c.to), 1)
		r := judgeScrape(t, "e1", text+fmt.Sprintf("weir_emitter_packets_total %d\n", c.packets))
		if wrong := strings.Contains(r.Detail, `packets_total "" is`); wrong != (c.want == Fail) {
			t.Errorf("%+v: %s", c, r.Detail)
		}
	}
}

// TestScrapeForms holds that what is no scrape of this incarnation is refused with the
// line and the reason, and that a late one is not judged.
func TestScrapeForms(t *testing.T) {
	good := fmt.Sprintf(scrapeHead, "a1") + scrapes["a1"]
	for _, c := range []struct{ old, new, want string }{
		{"# weir scrape from_ns=160", "# weir scrape from_ns=260", ":1: the first line"},
		{"# weir scrape from_ns=160 to_ns=200\n", "", ":1: the first line"},
		{"to_ns=200", "to_ns=200 ", ":1: the first line"},
		{`node="a1"`, `node="a2"`, `:4: this is what node "a2" says`},
		{"weir_node_incarnation 1", "weir_node_incarnation 2", ":5: this is what incarnation 2 says"},
		{"weir_node_late_actors 0\n", "", ":1: the time of the scrape"},
		{"weir_node_incarnation 1\n", "", ":1: the time of the scrape"},
		{"NaN", "many", ":8: the value is no number"},
		{"1700000000000", "x", ":7: the time is no whole number"},
		{`quantile="0.5"`, `quantile="0.5`, ":8: a label's value has no end"},
		{`quantile="0.5"`, `quantile="\t"`, ":8: in a label's value"},
		{`quantile="0.5"`, `quantile=0.5`, ":8: a label is"},
		{`quantile="0.5"`, `a="",a=""`, ":8: a label stands twice"},
		{`quantile="0.5"`, `a="" `, ":8: labels are separated"},
		{`quantile="0.5"`, strings.Repeat(`a="",`, 17), ":8: a label stands twice"},
		{"commits_total 1", "commits_total 1.5", ":9: weir_analyser_commits_total is 1.5"},
		{"commits_total 1", "commits_total -1", ":9: weir_analyser_commits_total is -1"},
		{"commits_total 1", "commits_total 1e300", ":9: weir_analyser_commits_total is 1e300"},
		{"commits_total 1", "commits_total NaN", ":9: weir_analyser_commits_total is NaN"},
		{"commits_total 1", "commits_total  1", ":9: "},
		{"commits_total 1", "commits_total", ":9: a value follows"},
		{"commits_total 1", `commits_total{a="b"} 1`, ":9: weir_analyser_commits_total has other labels"},
		{"commits_total 1\n", "commits_total 1\nweir_analyser_commits_total 1\n", ":10: weir_analyser_commits_total"},
		{"poisoned_total 1\n", "poisoned_total 1", ":12: the last line is not whole"},
		{"# HELP", "# HELP" + strings.Repeat(" ", 8<<10), ":2: a line of"},
		{"poisoned_total 1\n", "poisoned_total 1\n" + strings.Repeat(strings.Repeat("#", 999)+"\n", 4300), ":1: more than"},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("the scrape has no %q", c.old)
		}
		r := judgeScrape(t, "a1", strings.Replace(good, c.old, c.new, 1))
		if r.Status != Fail || !strings.Contains(r.Detail, "metrics/a1.1.prom"+c.want) {
			t.Errorf("%q for %.40q: %s %s", c.old, c.new, r.Status, r.Detail)
		}
	}
	late := strings.NewReplacer("late_actors 0", "late_actors 1", "commits_total 1", "commits_total 9").Replace(good)
	if r := judgeScrape(t, "a1", late); r.Status != Vacuous {
		t.Errorf("a late scrape: %s %s", r.Status, r.Detail)
	}
	if r := judgeScrape(t, "a3", strings.Replace(good, `"a1"`, `"a3"`, 1)); r.Status != Fail || !strings.Contains(r.Detail, "has no log") {
		t.Errorf("a scrape without a log: %s %s", r.Status, r.Detail)
	}
}

func TestPromWhole(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "7": 7, "999999": 999999, "1e+06": 1_000_000, "1.234567e+06": 1_234_567, "1.5e+1": 15, "9.007199254740992e+15": 1 << 53,
		"": -1, "-1": -1, "1.5": -1, "1.25e+01": -1, "1.e+01": -1, "1e-06": -1, "1e+19": -1, "1e": -1, "01": -1, "e+06": -1, "NaN": -1, "+Inf": -1, "0x10": -1, "1e+06e": -1, "99999999999999999999": -1} {
		if got, ok := promWhole(text); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q is %d %v, want %d", text, got, ok, want)
		}
	}
}

// TestScrapeFold: what stands under (other) is compared in sum.
func TestScrapeFold(t *testing.T) {
	text := fmt.Sprintf(scrapeHead, "d1") + strings.ReplaceAll(scrapes["d1"], `attempts_total{analyser="a2"}`, `attempts_total{analyser="(other)"}`)
	if r := judgeScrape(t, "d1", text); r.Status != Pass {
		t.Errorf("%s %s", r.Status, r.Detail)
	}
	text = strings.Replace(text, `attempts_total{analyser="(other)"} 1`, `attempts_total{analyser="(other)"} 2`, 1)
	if r := judgeScrape(t, "d1", text); r.Status != Fail {
		t.Errorf("%s %s", r.Status, r.Detail)
	}
}

// FuzzScrape: a scrape that is taken holds what can be judged, and is taken again.
func FuzzScrape(f *testing.F) {
	for node, text := range scrapes {
		f.Add([]byte(fmt.Sprintf(scrapeHead, node) + text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, line, err := parseScrape(text, "e1", 1)
		if lines := strings.Count(string(text), "\n") + 1; line < 0 || line > lines || err != nil && line == 0 {
			t.Fatalf("line %d of %d: %v", line, lines, err)
		}
		if err != nil {
			return
		}
		if s.from > s.to || s.from < 0 {
			t.Fatalf("from %d to %d", s.from, s.to)
		}
		for key, v := range s.series {
			if v.value < 0 || v.value > scrapeValueMax || v.line < 2 || v.line > line+strings.Count(string(text), "\n") || key.metric == "" {
				t.Fatalf("%v is %+v", key, v)
			}
		}
	})
}
