package logcheck_test

import (
	"fmt"
	"os"

	"weir/logcheck"
)

// silence is a property of its own: a node that said goodbye says nothing more.
type silence struct {
	logcheck.Tally
	gone map[int]logcheck.Ref // by actor
}

func newSilence(*logcheck.Context) logcheck.Rule {
	return &silence{Tally: logcheck.Tally{Name: "x_silence"}, gone: map[int]logcheck.Ref{}}
}

func (s *silence) Kinds() logcheck.KindSet { return logcheck.Kinds(logcheck.KindX) }

func (s *silence) Feed(r *logcheck.Record) {
	if at, gone := s.gone[r.Who]; gone {
		s.Failf([]logcheck.Ref{at, r.Ref()}, "%v after goodbye", r.Lookup("text"))
	}
	if r.KindName() == "x_goodbye" {
		s.Case()
		s.gone[r.Who] = r.Ref()
	}
}

func (s *silence) Finish(*logcheck.End) logcheck.Result { return s.Result() }

// The log of any system in the form of FORMAT.md can be judged, with properties
// that are added to the built-in ones.
func ExampleCheck() {
	log := `{"k":"log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"n1","inc":1,"role":"operator"}
{"k":"x_goodbye","a":"main","s":1,"t":10,"m":10,"g":1,"text":"bye"}
{"k":"x_say","a":"main","s":2,"t":20,"m":20,"g":2,"text":"one more thing"}
{"k":"end","a":"-","s":0,"t":30,"m":30,"g":3,"n":3,"crc":"3284d174"}
`
	run := &logcheck.Run{Format: 1, World: "sim", Nodes: []logcheck.RunNode{{Name: "n1", Role: "operator"}}}
	src := logcheck.Mem{{Name: "logs/n1.1.jsonl", Data: []byte(log)}}
	v, err := logcheck.Check(src, run, logcheck.Options{Only: []string{"H2"}, Custom: []logcheck.NewRule{newSilence}})
	if err != nil {
		fmt.Println(err)
		return
	}
	v.WriteText(os.Stdout)
	// Output:
	// fail: 4 records, 0.000000030 s of world time
	// H2   pass    2 judged
	// H6   pass    4 judged
	// H7   pass    1 judged
	// x_silence fail    1 judged, 1 failed: one more thing after goodbye
	//        logs/n1.1.jsonl:2: {"k":"x_goodbye","a":"main","s":1,"t":10,"m":10,"g":1,"text":"bye"}
	//        logs/n1.1.jsonl:3: {"k":"x_say","a":"main","s":2,"t":20,"m":20,"g":2,"text":"one more thing"}
}

// Two runs of one token must not differ; where they do, the earliest place in
// world time is named.
func ExampleCompare() {
	a := logcheck.Mem{{Name: "logs/n1.1.jsonl", Data: []byte(`{"k":"x_a","a":"m","s":1,"t":5,"m":5,"g":1,"v":1}` + "\n")}}
	b := logcheck.Mem{{Name: "logs/n1.1.jsonl", Data: []byte(`{"k":"x_a","a":"m","s":1,"t":5,"m":5,"g":1,"v":2}` + "\n")}}
	d, err := logcheck.Compare(a, b)
	fmt.Println(d, err)
	// Output:
	// logs/n1.1.jsonl:1 (t=5)
	// - {"k":"x_a","a":"m","s":1,"t":5,"m":5,"g":1,"v":1}
	// + {"k":"x_a","a":"m","s":1,"t":5,"m":5,"g":1,"v":2} <nil>
}

// What comes from a log is never printed raw.
func ExampleSanitise() {
	fmt.Println(logcheck.Sanitise("red \x1b[31m, left \u202e, broken \xff"))
	// Output: red \u001b[31m, left \u202e, broken \xff
}
