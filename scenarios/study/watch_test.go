package study

import (
	"fmt"
	"strings"
	"testing"

	"weir/logcheck"
)

// script writes logs: each record goes to a file with the next number of its actor.
type script struct {
	files map[string]*strings.Builder
	seq   map[string]int
}

func (s *script) add(file string, t int, kind, actor, rest string) {
	if s.files[file] == nil {
		s.files[file] = &strings.Builder{}
		role := map[string]string{"logs/d1.1.jsonl": "distributor", "faults.jsonl": "faults"}[file]
		node := strings.TrimSuffix(strings.TrimPrefix(file, "logs/"), ".1.jsonl")
		fmt.Fprintf(s.files[file], `{"k":"log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"%s","inc":1,"role":"%s"}`+"\n", strings.TrimSuffix(node, ".jsonl"), role)
	}
	s.seq[file+actor]++
	fmt.Fprintf(s.files[file], `{"k":"%s","a":"%s","s":%d,"t":%d,"m":%d,"g":0%s}`+"\n", kind, actor, s.seq[file+actor], t, t, rest)
}

// watched is what a watcher sees of the logs.
func (s *script) watched(t *testing.T) *watch {
	t.Helper()
	var mem logcheck.Mem
	for name, text := range s.files {
		mem = append(mem, logcheck.MemFile{Name: name, Data: []byte(text.String())})
	}
	w := &Watcher{}
	run := &logcheck.Run{Format: 1, World: "sim", Nodes: []logcheck.RunNode{{Name: "d1", Role: "distributor"}}}
	if _, err := logcheck.Check(mem, run, logcheck.Options{Only: []string{"H2"}, Custom: []logcheck.NewRule{w.rule}}); err != nil {
		t.Fatal(err)
	}
	return w.watch
}

const dist = "logs/d1.1.jsonl"

func health(an, to, why string) string {
	return fmt.Sprintf(`,"an":"%s","to":"%s","why":"%s","f":0,"ok":0,"dp":false,"inc":1`, an, to, why)
}

// Alarms are false while the analyser is there; the time that they cost ends with the
// verdict up, with a real failure, or with the worker.
func TestAlarms(t *testing.T) {
	s := &script{map[string]*strings.Builder{}, map[string]int{}}
	s.add("faults.jsonl", 100, "fault", "faults", `,"do":"crash","n":"a1","inc":1`)
	s.add("faults.jsonl", 200, "fault", "faults", `,"do":"restart","n":"a1","inc":2`)
	s.add(dist, 0, "view", "w1", `,"v":1,"ver":1,"set":"a1=1:up,a2=3:up,a3=0:up"`)
	s.add(dist, 50, "health", "w1", health("a2", "down", "probe"))
	s.add(dist, 60, "health", "w2", health("a1", "down", "data"))
	s.add(dist, 70, "health", "w3", health("a2", "down", "central")) // taken over: no alarm of its own
	s.add(dist, 90, "health", "w1", health("a2", "up", "recovered"))
	s.add(dist, 110, "pick", "w1", `,"p":1,"id":"e1/1/1","att":1,"n":8,"to":"a1","v":1`)
	s.add(dist, 130, "health", "w1", health("a1", "down", "probe"))
	s.add(dist, 140, "health", "supervisor", health("a1", "down", "probe"))
	s.add(dist, 150, "health", "w3", health("a1", "down", "central"))
	s.add(dist, 210, "pick", "w1", `,"p":2,"id":"e1/1/2","att":1,"n":4,"to":"a2","v":1`)
	s.add(dist, 250, "health", "w1", health("a1", "up", "recovered"))
	s.add(dist, 300, "health", "supervisor", health("a2", "down", "probe"))
	s.add(dist, 400, "stop", "w3", "")
	w := s.watched(t)
	a := w.alarm
	if a.falsely != 3 || a.already != 1 || a.wasted != 1 || a.spread != 20 {
		t.Errorf("%d false, %d already, %d wasted, %d apart; want 3, 1, 1, 20", a.falsely, a.already, a.wasted, a.spread)
	}
	if want := int64(90 - 50 + 100 - 60 + 400 - 70); a.lost != want {
		t.Errorf("lost %d, want %d", a.lost, want)
	}
	if fmt.Sprint(a.detect, a.recover) != "[30 50] [50]" {
		t.Errorf("detected after %v, recovered after %v", a.detect, a.recover)
	}
	// 8 messages to a1, which has a quarter: 6 too many; then 4 to a2: 9 wanted of 12, 4 had.
	if got := milliParts(w.share.worst); got != 6000 {
		t.Errorf("deviation %d, want 6000", got)
	}
	if got := milliParts(w.share.inPackets); got != 750 {
		t.Errorf("deviation %d packets, want 750", got)
	}
}
