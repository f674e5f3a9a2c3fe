package distributor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseControl(t *testing.T) {
	for _, tc := range []struct{ doc, want string }{ // want: in the error, empty: accepted
		{`{"op":"weight","id":"a1","weight":5}`, ""},
		{` { "id" : "a1" , "weight":0, "op":"weight","if_version":18 } ` + "\n", ""},
		{`{"op":"add","id":"a-1.x_Y","weight":1000000}`, ""},
		{`{"op":"remove","id":"a1"}`, ""},
		{`{"op":"drain","id":"a1"}`, ""},
		{`{"op":"undrain","id":"a1","if_version":0}`, ""},
		{`{"\u006fp":"drain","id":"a1"}`, ""},
		{``, "not valid JSON"},
		{`null`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`"op"`, "not a JSON object"},
		{`{}`, `op ""`},
		{`{"op":"weight","id":"a1","weight":NaN}`, "not valid JSON"},
		{`{"op":"weight","id":"a1","weight":Infinity}`, "not valid JSON"},
		{`{"op":"weight","id":"a1","weight":+1}`, "not valid JSON"},
		{`{"op":"weight","id":"a1","weight":01}`, "not valid JSON"},
		{`{"op":"weight","id":"a1","weight":-1}`, `weight "-1"`},
		{`{"op":"weight","id":"a1","weight":-0}`, `weight "-0"`},
		{`{"op":"weight","id":"a1","weight":1.0}`, `weight "1.0"`},
		{`{"op":"weight","id":"a1","weight":1e3}`, `weight "1e3"`},
		{`{"op":"weight","id":"a1","weight":1000001}`, `weight "1000001"`},
		{`{"op":"weight","id":"a1","weight":99999999999999999999999}`, "not an integer in"},
		{`{"op":"weight","id":"a1","weight":"5"}`, "weight is not a number"},
		{`{"op":"weight","id":"a1","weight":null}`, "weight is not a number"},
		{`{"op":"weight","id":"a1","weight":[5]}`, "weight is not a number"},
		{`{"op":"weight","id":"a1","weight":true}`, "weight is not a number"},
		{`{"op":"weight","id":"a1"}`, "needs a weight"},
		{`{"op":"add","id":"a1"}`, "needs a weight"},
		{`{"op":"remove","id":"a1","weight":1}`, "takes no weight"},
		{`{"op":"weight","id":7,"weight":1}`, "id is not a string"},
		{`{"op":"weight","id":"","weight":1}`, `id ""`},
		{`{"op":"weight","id":"a/b","weight":1}`, `id "a/b"`},
		{`{"op":"weight","id":"` + strings.Repeat("a", 65) + `","weight":1}`, "id "},
		{`{"op":"explode","id":"a1"}`, `op "explode"`},
		{`{"OP":"drain","id":"a1"}`, `unknown key "OP"`},
		{`{"op":"drain","id":"a1","extra":1}`, `unknown key "extra"`},
		{`{"op":"drain","id":"a1","id":"a2"}`, `key "id" is given twice`},
		{`{"op":"drain","id":"a1","if_version":-1}`, `if_version "-1"`},
		{`{"op":"drain","id":"a1"}{}`, "not valid JSON"},
		{`{"op":"drain","id":"a1"} x`, "not valid JSON"},
		{`{"op":"drain","id":"a1",}`, "not valid JSON"},
		{"{\"op\":\"drain\",\"id\":\"a1\xff\"}", "UTF-8"},
		{`{"op":"drain","id":"a1"}` + strings.Repeat(" ", 64<<10), "at most 65536"},
		{strings.Repeat("[", 30_000), "not valid JSON"},
	} {
		_, err := parseControl([]byte(tc.doc))
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.doc, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%.80s: error %v, want %q", tc.doc, err, tc.want)
		}
	}
}

// FuzzControl holds that no document panics, that what is accepted is what
// encoding/json reads, and that a table stays well formed.
func FuzzControl(f *testing.F) {
	f.Add([]byte(`{"op":"weight","id":"a1","weight":5,"if_version":1}`))
	f.Add([]byte(`{"op":"add","id":"a9","weight":0}`))
	f.Add([]byte(`{"op":"remove","id":"a2"}`))
	f.Add([]byte(`{"op":"weight","id":"a1","weight":NaN}`))
	f.Add([]byte("{\"op\":\"drain\",\"id\":\"\u2028\"}"))
	base := bootTable(baseConfig().Analysers)
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, err := parseControl(doc)
		if err != nil {
			if len(err.Error()) > 512 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		var want struct {
			Op, ID    string
			Weight    uint32
			IfVersion uint64 `json:"if_version"`
		}
		if err := json.Unmarshal(doc, &want); err != nil {
			t.Fatalf("accepted %q: %v", doc, err)
		}
		if c.op != want.Op || c.id != want.ID || c.weight != want.Weight || c.ifVersion != want.IfVersion {
			t.Fatalf("%q read as %+v", doc, c)
		}
		before := base.text()
		next, err := base.with(c, 10)
		if base.text() != before {
			t.Fatal("the old table changed")
		}
		if err == nil {
			checkTable(t, next)
		}
	})
}

// checkTable holds that a table survives the disk and is in order.
func checkTable(t interface{ Fatalf(string, ...any) }, tab *table) {
	again, err := decodeTable(tab.encode(), 10)
	if err != nil || again.version != tab.version || !slices.Equal(again.members, tab.members) {
		t.Fatalf("table %s came back as %+v, %v", tab.encode(), again, err)
	}
	for i := 1; i < len(tab.members); i++ {
		if tab.members[i-1].id >= tab.members[i].id {
			t.Fatalf("table out of order: %s", tab.text())
		}
	}
}

// TestTableChanges holds tables against a model under random documents.
func TestTableChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := bootTable([]Analyser{{"b", 2}, {"a", 1}})
		model := map[string]member{"a": {"a", 1, false}, "b": {"b", 2, false}}
		for step := range rapid.IntRange(1, 30).Draw(t, "steps") {
			op := rapid.SampledFrom([]string{"weight", "add", "remove", "drain", "undrain"}).Draw(t, "op")
			id := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id")
			weight := rapid.Uint32Range(0, 9).Draw(t, "weight")
			version := tab.version + rapid.Uint64Range(0, 1).Draw(t, "stale")
			doc := fmt.Sprintf(`{"op":%q,"id":%q,"if_version":%d`, op, id, version)
			if op == "weight" || op == "add" {
				doc += fmt.Sprintf(`,"weight":%d`, weight)
			}
			c, err := parseControl([]byte(doc + "}"))
			if err != nil {
				t.Fatal(err)
			}
			m, known := model[id]
			wantOK := known != (op == "add") && version == tab.version
			next, err := tab.with(c, 10)
			if (err == nil) != wantOK {
				t.Fatalf("step %d: %s}: %v, known %v", step, doc, err, known)
			}
			if err != nil {
				continue
			}
			switch op {
			case "weight":
				m.weight = weight
			case "add":
				m = member{id, weight, false}
			case "drain", "undrain":
				m.drain = op == "drain"
			}
			if model[id] = m; op == "remove" {
				delete(model, id)
			}
			if next.version != tab.version+1 || len(next.members) != len(model) {
				t.Fatalf("step %d: %d members at version %d", step, len(next.members), next.version)
			}
			for _, got := range next.members {
				if model[got.id] != got {
					t.Fatalf("step %d: %+v, want %+v", step, got, model[got.id])
				}
			}
			checkTable(t, next)
			tab = next
		}
	})
}

func TestDecodeTable(t *testing.T) {
	good := bootTable(baseConfig().Analysers).encode()
	if tab, err := decodeTable(good, 10); err != nil || len(tab.members) != 3 {
		t.Fatalf("%+v, %v", tab, err)
	}
	for i := range good { // any one damaged byte is noticed
		bad := slices.Clone(good)
		bad[i] ^= 1
		if _, err := decodeTable(bad, 10); err == nil {
			t.Errorf("byte %d damaged and not noticed", i)
		}
		if _, err := decodeTable(good[:i], 10); err == nil {
			t.Errorf("cut at byte %d and not noticed", i)
		}
	}
	for _, set := range []string{"a=1:down", "a=1:full", "a=-", "a=1:up,a=2:up", "a=1000001:up"} {
		if _, err := parseTable(3, set, 10); err == nil {
			t.Errorf("table %s is accepted", set)
		}
	}
	if _, err := parseTable(3, "a=1:up", 1<<20); err != nil {
		t.Error(err)
	}
}
