package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const minimal = "name: m\n"

func TestParseTakesDefaults(t *testing.T) {
	got, err := Parse("m.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name = "m"
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Scenario{})); diff != "" {
		t.Errorf("(-default +parsed)\n%s", diff)
	}
}

const full = `
name: full
about: all forms of values
inputs: false
emitters:
  count: 3
  rate: 12.5/s
  arrivals: burst
  messages: 2..7
  giant: {every: 50, messages: 90}
  buffer: {packets: 10, bytes: 1MiB}
  backoff:
    jitter: 0.5%
analysers:
  - {id: alpha, weight: 3}
  - id: beta
  - {id: spare-1, weight: 2, spare: true}
faults: |
  # a comment

  at 5s for 3s crash alpha
    at 6s drain d1 beta
check:
  require: [down, C2]
  detect_within: 1m30s
`

func TestParseReadsEveryForm(t *testing.T) {
	s, err := Parse("full.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := []AnalyserEntry{{"alpha", 3, false}, {"beta", 1, false}, {"spare-1", 2, true}}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"inputs", s.Inputs, false},
		{"rate", s.Emitters.Rate, Rate(12500)},
		{"interval", s.Emitters.Rate.Interval(), 80 * time.Millisecond},
		{"messages", s.Emitters.Messages, Span{2, 7}},
		{"giant", s.Emitters.Giant, Giant{50, 90}},
		{"buffer", s.Emitters.Buffer, EmitterBuffer{10, 1 << 20}},
		{"jitter", s.Emitters.Backoff.Jitter, PPM(5000)},
		{"base is left", s.Emitters.Backoff.Base, 100 * time.Millisecond},
		{"analysers", s.AnalyserList(), want},
		{"nodes", s.NodeNames(), []string{"e1", "e2", "e3", "d1", "alpha", "beta", "spare-1", "op"}},
		{"actions", len(s.Plan().Actions), 2},
		{"require", s.Check.Require, []string{"down", "C2"}},
		{"detect", s.Check.DetectWithin, 90 * time.Second},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestParseReadsJSON(t *testing.T) {
	s, err := Parse("j.json", []byte(`{"name": "j", "emitters": {"count": 4, "rate": "5/s"}, "analysers": {"count": 2, "weights": [5, 1], "spares": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []AnalyserEntry{{"a1", 5, false}, {"a2", 1, false}, {"a3", 5, true}}
	if diff := cmp.Diff(want, s.AnalyserList()); diff != "" || s.Emitters.Count != 4 || s.Emitters.Rate != 5000 {
		t.Errorf("count %d, rate %s, analysers (-want +got)\n%s", s.Emitters.Count, s.Emitters.Rate, diff)
	}
}

// badFiles holds one mistake each, with where it is told and what is said.
var badFiles = []struct {
	name, text   string
	line, column int
	says         string
}{
	{"unknown field", "name: m\nemitters:\n  cuont: 3\n", 3, 3, `emitters has no field "cuont"; did you mean count?`},
	{"unknown top field", "name: m\nworld: sim\n", 2, 1, `a scenario has no field "world"`},
	{"unknown analyser field", "name: m\nanalysers:\n  - {id: a, wieght: 2}\n", 3, 13, `"wieght"; did you mean weight?`},
	{"duplicate key", "name: m\nname: n\n", 2, 1, "already defined"},
	{"no unit", "name: m\nphases:\n  warmup: 3\n", 3, 11, `phases.warmup: "3" is not a time with its unit`},
	{"wrong unit", "name: m\nemitters: {rate: 5ms}\n", 2, 18, `emitters.rate: "5ms" is not a rate`},
	{"unknown unit", "name: m\nanalyser:\n  entry_max: 5Kb\n", 3, 14, "is not a size"},
	{"percent without sign", "name: m\nlinks: {latency: {tail: {chance: 5}}}\n", 2, 34, "is not a share"},
	{"negative weight", "name: m\nanalysers:\n  - {id: a1, weight: -3}\n", 3, 22, "analysers.1.weight: -3 is not within 0 to 1000000"},
	{"negative weights", "name: m\nanalysers: {count: 2, weights: [1, -1]}\n", 2, 36, "analysers.weights.2: -1 is not within"},
	{"weight no integer", "name: m\nanalysers:\n  - {id: a1, weight: 0.5}\n", 3, 22, `"0.5" is not a whole number`},
	{"weight NaN", "name: m\nanalysers:\n  - {id: a1, weight: .nan}\n", 3, 22, "is not a whole number"},
	{"hexadecimal", "name: m\nemitters: {count: 0x10}\n", 2, 19, "is not a whole number"},
	{"quoted number", "name: m\nemitters: {count: \"2\"}\n", 2, 19, "is not a whole number"},
	{"no value", "name: m\nemitters:\n  count:\n", 3, 3, "emitters.count has no value"},
	{"duplicate id", "name: m\nanalysers:\n  - {id: a1}\n  - {id: a1}\n", 4, 10, "is taken by an analyser before it"},
	{"id of another node", "name: m\nanalysers:\n  - {id: e1}\n", 3, 10, "is taken by an emitter"},
	{"bad id", "name: m\nanalysers:\n  - {id: a b}\n", 3, 10, "want 1 to 64 of"},
	{"no analyser", "name: m\nanalysers: {count: 2, weights: [0]}\n", 2, 13, "a weight above 0"},
	{"unknown word", "name: m\ndistributors: {policy: fair}\n", 2, 24, `"fair" is none of deficit, finish`},
	{"out of range", "name: m\nemitters: {count: 0}\n", 2, 19, "0 is not within 1 to 10000"},
	{"span upside down", "name: m\nemitters: {messages: 9..2}\n", 2, 22, "the smaller first"},
	{"span beyond packet", "name: m\nemitters: {messages: 200}\n", 2, 22, "distributors.packet_max, 100"},
	{"giant half said", "name: m\nemitters: {giant: {every: 5}}\n", 2, 20, "belong together"},
	{"not a list", "name: m\ncheck: {require: down}\n", 2, 18, "want a list"},
	{"not a group", "name: m\nemitters: 5\n", 2, 11, "want keys with values"},
	{"a list for a number", "name: m\nemitters: {count: [1]}\n", 2, 19, "want a whole number"},
	{"name missing", "about: x\n", 1, 1, "name: missing"},
	{"bad name", "name: My Scenario\n", 1, 7, "want 1 to 64 of a-z 0-9 -"},
	{"unknown premise", "name: m\ncheck: {require: [flying]}\n", 2, 19, "neither a premise nor a property"},
	{"expect without list", "name: m\ncheck: {expect: fail}\n", 2, 9, "belong together"},
	{"probe timeout", "name: m\ndistributors:\n  detector:\n    timeout: 600ms\n", 4, 14, "longer than the shortest time between probes"},
	{"latency order", "name: m\nlinks:\n  latency: {min: 5ms, mean: 1ms}\n", 3, 13, "are not in order"},
	{"queue too small", "name: m\ndistributors:\n  packet_max: 10000\n  queue: {bytes: 64KiB}\nemitters: {messages: 10000}\n", 4, 18, "no room for the largest packet"},
	{"alias", "name: &x m\nabout: *x\n", 1, 7, "anchors, aliases"},
	{"tag", "name: !!str m\n", 1, 7, "tags"},
	{"merge key", "name: m\n<<: {about: x}\n", 2, 1, "merge keys"},
	{"second document", "name: m\n---\nname: n\n", 3, 1, "a second document"},
	{"syntax", "name: [m\n", 1, 7, "not found"},
	{"a list of scenarios", "- name: m\n", 1, 1, "want keys with values"},
	{"empty", "", 1, 1, "empty"},
	{"comments only", "# nothing\n", 1, 1, "empty"},
	{"invalid UTF-8", "name: m\xff\n", 1, 8, "UTF-8"},
	{"tab", "name: m\nemitters:\n\tcount: 1\n", 3, 1, "a tab cannot indent"},
	{"too large", "name: m\n" + strings.Repeat("# x\n", FileMax/4), FileMax / 4, 1, "at most 1048576 bytes"},
	{"too many tokens", "name: m\ncheck: {require: [" + strings.Repeat("C2, ", tokensMax) + "]}\n", 2, 131073, "tokens of YAML"},
	{"trigger of an unknown record", "name: m\nfaults: |\n  when a1 comit 100: crash a1\n", 3, 3, "no such record"},
	{"control character", "name: m\x1b[31m\n", 1, 8, "control character"},
	{"unknown fault verb", "name: m\nfaults: |\n  at 5s crash a1\n  at 6s explode a2\n", 4, 9, "explode"},
	{"unknown node", "name: m\nfaults: |\n  # c\n    at 5s crash a1\n  at 6s pause a9\n", 5, 3, "no node a9"},
	{"unknown actor", "name: m\nfaults: |\n  at 6s pause d1/w7\n", 3, 3, "no actor w7"},
	{"unknown analyser of a change", "name: m\nfaults: |\n  at 6s weight d1 a9 5\n", 3, 3, "there is no analyser a9"},
	{"load on an analyser", "name: m\nfaults: |\n  at 6s load a1 200%\n", 3, 3, "load is for emitters"},
	{"fault too late", "name: m\nfaults: |\n  at 60s crash a1\n", 3, 3, "not before the end of the faults phase, 18s"},
	{"plan in one line", "name: m\nfaults: at 6s crash a9\n", 2, 9, "no node a9"},
}

func TestParseRefusesWithPlace(t *testing.T) {
	for _, c := range badFiles {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("bad.yaml", []byte(c.text))
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("want an InvalidError, got %v", err)
			}
			if len(invalid.Problems) != 1 {
				t.Fatalf("want one problem, got:\n%v", err)
			}
			p := invalid.Problems[0]
			if p.Line != c.line || p.Column != c.column || p.File != "bad.yaml" || !strings.Contains(p.Message, c.says) {
				t.Errorf("want %d:%d %q, got:\n%v", c.line, c.column, c.says, err)
			}
			if (p.Excerpt != "") != (c.line > 0) {
				t.Errorf("excerpt %q at line %d", p.Excerpt, c.line)
			}
		})
	}
}

func TestExcerptPointsAtThePlace(t *testing.T) {
	_, err := Parse("x.yaml", []byte("name: m\nanalysers:\n  - {id: a1, weight: -3}\n"))
	want := "x.yaml:3:22: analysers.1.weight: -3 is not within 0 to 1000000\n" +
		"      2 | analysers:\n" +
		">     3 |   - {id: a1, weight: -3}\n" +
		"                               ^"
	if err == nil || err.Error() != want {
		t.Errorf("want\n%s\ngot\n%v", want, err)
	}
}

func TestErrorsHoldNoControlCharacters(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, text := range []string{"name: \"\\e[31mred\"\n", "name: m\n\u202eabout: [x]\n", "name: " + long + "!\n", "na\u009bme: m\n"} {
		_, err := Parse("f\x1b.yaml", []byte(text))
		if err == nil {
			t.Fatalf("%q is accepted", text)
		}
		for _, r := range err.Error() {
			if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e) {
				t.Errorf("%.20q: the error holds %q", text, r)
			}
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%.20q: an error of %d bytes", text, len(err.Error()))
		}
	}
}

// A hostile file must end in few errors and soon: without the limits on tokens and
// depth each of these would run into the test timeout or out of memory.
func TestParseBoundsHostileFiles(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for range 60 {
		bomb.WriteString("a1: &a1 [*a0, *a0]\n")
	}
	for name, text := range map[string]string{
		"alias bomb":  bomb.String(),
		"flow nest":   strings.Repeat("[", 100_000),
		"group nest":  strings.Repeat("{a: ", 100_000),
		"entry nest":  strings.Repeat("- ", 100_000),
		"many keys":   strings.Repeat("key: 1\n", 100_000),
		"too large":   "name: m\nabout: " + strings.Repeat("x", FileMax),
		"many faults": "name: m\nfaults: |\n" + strings.Repeat("  at 5s crash a1\n", 5000),
		"long about":  "name: m\nabout: " + strings.Repeat("x", 100_000),
	} {
		_, err := Parse("h.yaml", []byte(text))
		if err == nil {
			t.Errorf("%s is accepted", name)
		} else if lines := strings.Count(err.Error(), "\n"); lines > 5*problemsMax {
			t.Errorf("%s: %d lines of errors", name, lines)
		}
	}
}

func TestParseFileRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, FileMax+1), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "none.yaml"), dir, large} {
		_, err := ParseFile(path)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
