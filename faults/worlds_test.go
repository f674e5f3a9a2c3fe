package faults

import (
	"errors"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write VOCABULARY.md anew")

const vocabularyHead = `# The fault vocabulary

One table, rendered from worlds.go and vocabulary.go; ` + "`go test ./faults -rewrite`" + ` writes it, a test keeps it true.
The grammar of plans is in the package comment. *yes*: an applier does it; *later*: possible, nothing applies it yet; *never*: the world's nature forbids it.

`

// TestVocabularyPage: the page is what the code says.
func TestVocabularyPage(t *testing.T) {
	want := vocabularyHead + Markdown()
	if *rewrite {
		if err := os.WriteFile("VOCABULARY.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("VOCABULARY.md")
	if err != nil || string(got) != want {
		t.Errorf("VOCABULARY.md is not what the table says (%v); run go test ./faults -rewrite", err)
	}
}

// TestTableCoversEveryVerb: each verb stands in exactly one unconditional row, and every row knows its verbs.
func TestTableCoversEveryVerb(t *testing.T) {
	rows := map[Verb]int{}
	for _, r := range table {
		if (r.holds == nil) != (r.when == "") {
			t.Errorf("row %v: a condition needs words and code", r.verbs)
		}
		for _, v := range r.verbs {
			if _, known := Lookup(v); !known {
				t.Errorf("the table names an unknown verb %q", v)
			}
			if r.holds == nil {
				rows[v]++
			}
		}
		for w, s := range r.worlds {
			if s.Level == Never && s.Note == "" {
				t.Errorf("row %v: never in %s, without a reason", r.verbs, World(w))
			}
		}
	}
	for _, info := range vocabulary {
		if rows[info.Verb] != 1 {
			t.Errorf("%s stands in %d unconditional rows", info.Verb, rows[info.Verb])
		}
		if info.Does == "" {
			t.Errorf("%s is not explained", info.Verb)
		}
	}
}

// TestPairs: what ends a flat verb is itself flat, has no end of its own and is aimed at the same form.
func TestPairs(t *testing.T) {
	for _, info := range vocabulary {
		if info.EndedBy == "" {
			continue
		}
		end, known := Lookup(info.EndedBy)
		if !known || end.EndedBy != "" || info.Flat && (!end.Flat || end.Form != info.Form) || !end.Ends() {
			t.Errorf("%s is ended by %+v", info.Verb, end)
		}
	}
}

// TestVerbsAreThoseOfTheLogFormat: the contract page and the code name the same flat verbs.
func TestVerbsAreThoseOfTheLogFormat(t *testing.T) {
	page, err := os.ReadFile("../logcheck/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "Verbs that begin/end a state:")
	text, _, closed := strings.Cut(rest, "Group and shape actions")
	if !found || !closed {
		t.Fatal("FORMAT.md no longer lists the verbs where this test looks")
	}
	var theirs, ours []string
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(text, -1) {
		if m[1] != "val" && m[1] != "silent" {
			theirs = append(theirs, m[1])
		}
	}
	for _, info := range vocabulary {
		if info.Flat {
			ours = append(ours, string(info.Verb))
		}
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	if theirs = slices.Compact(theirs); !slices.Equal(theirs, ours) {
		t.Errorf("FORMAT.md: %v\nours: %v", theirs, ours)
	}
}

func TestApplicable(t *testing.T) {
	cases := []struct {
		line  string
		world World
		want  string // empty: applicable
	}{
		{"at 1s crash a1 silent", Sim, ""},
		{"at 1s pause d1/w1", Sim, ""},
		{"at 1s crash a1", TCP, ""},
		{"at 1s crash a1", Box, "nothing applies it yet"},
		{"at 1s crash a1 silent", TCP, "the kernel resets"},
		{"at 1s pause d1/w1", TCP, sealed},
		{"at 1s impair d1 -> a1 loss 1%", Box, stream}, // a never weighs more than the general row's later
		{"at 1s skew a1 +1s", TCP, hostClock},
		{"at 1s impair d1 -> a1 delay 5ms", TCP, ""},
		{"at 1s impair d1 -> a1 delay 5ms loss 1%", TCP, stream},
		{"at 1s disk_rot a1 file log bits 3", Box, "nothing applies it yet"},
		{"at 1s disk_rot a1 file log bits 3", TCP, ""},
		{"at 1s disk_lie a1", TCP, hostDisk},
	}
	for _, c := range cases {
		err := Applicable(action(t, c.line), c.world)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrNotApplicable) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s in %s: %v, want %q", c.line, c.world, err, c.want)
		}
	}
}
