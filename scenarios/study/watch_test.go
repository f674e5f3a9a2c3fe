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
		role := map[byte]string{'d': "distributor", 'a': "analyser", 'e': "emitter", 'f': "faults"}[strings.TrimPrefix(file, "logs/")[0]]
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
	run := &logcheck.Run{Format: 1, World: "sim", Nodes: []logcheck.RunNode{{Name: "d1", Role: "distributor"}, {Name: "a1", Role: "analyser"}, {Name: "a2", Role: "analyser"}, {Name: "e1", Role: "emitter"}}}
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

// Deviation from what was ordered counts from the order on, whatever the worker knows; who
// is down in its view is passed over; and an order is learnt when the last worker shows it.
func TestOrders(t *testing.T) {
	s := &script{map[string]*strings.Builder{}, map[string]int{}}
	pick := func(at, p, v int, to string) {
		s.add(dist, at, "pick", "w1", fmt.Sprintf(`,"p":%d,"id":"e1/1/%d","att":1,"n":8,"to":"%s","v":%d`, p, p, to, v))
	}
	order := func(at int, doc string) {
		s.add("faults.jsonl", at, "fault", "faults", fmt.Sprintf(`,"do":"configure","n":"d1","val":%q`, doc))
	}
	s.add(dist, 0, "view", "w1", `,"v":1,"ver":1,"set":"a1=1:up,a2=1:up,a3=2:down"`)
	s.add(dist, 0, "view", "w2", `,"v":1,"ver":1,"set":"a1=1:up,a2=1:up,a3=2:up"`)
	pick(50, 1, 1, "a1") // 4 too many
	order(100, `{"op":"weight","id":"a2","weight":3}`)
	order(100, `{"op":"weight","id":"a2","weight":3}`) // for another distributor
	pick(110, 2, 1, "a1")                              // 4 + 8 - 2 too many
	s.add(dist, 120, "view", "w2", `,"v":2,"ver":2,"set":"a2=3:up"`)
	s.add(dist, 170, "view", "w1", `,"v":2,"ver":2,"set":"a2=3:up"`)
	s.add(dist, 190, "view", "w1", `,"v":3,"ver":2,"set":"a2=3:down"`) // known already
	order(200, `{"op":"drain","id":"a1"}`)
	pick(210, 3, 2, "a2") // as ordered
	order(220, `{"op":"nonsense`)
	order(230, `{"op":"remove","id":"a2"}`)
	pick(240, 4, 2, "a2") // to nobody's account
	s.add(dist, 250, "send", "sup", `,"tok":1,"to":"d2","ta":"sup","ti":0,"c":"control","msg":"gossip","ser":1,"off":0,"b":35,"total":35`)
	s.add(dist, 260, "send", "w1", `,"tok":2,"to":"a1","ta":"analyse","ti":1,"c":"probe","msg":"probe","pn":1`)
	w := s.watched(t)
	if got := milliParts(w.order.worst); got != 10_000 {
		t.Errorf("from the order %d, want 10000", got)
	}
	if got := milliParts(w.share.worst); got != 8000 {
		t.Errorf("from the worker's table %d, want 8000", got)
	}
	if w.order.lag != 70 || w.order.heard != 2 {
		t.Errorf("learnt after %d by %d, want 70 by 2", w.order.lag, w.order.heard)
	}
	if w.wire.messages != 1 || w.wire.bytes != 35 {
		t.Errorf("%d messages of %d bytes, want 1 of 35", w.wire.messages, w.wire.bytes)
	}
}

// Workers are counted from start to stop, as far as the load went; decisions that change
// nothing are no changes.
func TestCrews(t *testing.T) {
	s := &script{map[string]*strings.Builder{}, map[string]int{}}
	second := func(n int) int { return n * 1_000_000_000 }
	scale := func(at, n, to int) {
		s.add(dist, second(at), "scale", "sup", fmt.Sprintf(`,"n":%d,"want":%d,"to":%d,"why":"up","set":"cpu=1/700"`, n, to, to))
	}
	s.add(dist, 0, "start", "sup", "")
	s.add(dist, 0, "start", "w1", "")
	for i := 2; i <= 6; i++ {
		s.add(dist, second(6), "start", fmt.Sprint("w", i), "")
	}
	scale(3, 1, 1)
	scale(6, 1, 6)
	scale(18, 6, 5)
	s.add(dist, second(18), "stop", "w6", "")
	scale(21, 5, 4)
	s.add(dist, second(22), "stop", "w5", "")
	s.add(dist, second(50), "stop", "w1", "")
	c := s.watched(t).crew
	settled, ok := c.settled()
	if c.atPeak != 5 || c.most != 6 || c.enough != int64(second(6)) || !ok || settled != int64(second(14)) || len(c.changes) != 3 || c.turns() != 1 {
		t.Errorf("%+v, settled %d", c, settled)
	}
	if want := int64(second(36 + 12 + 16)); c.held != want {
		t.Errorf("held %d, want %d", c.held, want)
	}
}

// What was acknowledged and stands nowhere at the end is lost; what stands twice is doubled;
// a recovery drops what is above its number.
func TestEffects(t *testing.T) {
	s := &script{map[string]*strings.Builder{}, map[string]int{}}
	commit := func(at int, analyser string, cs, packet int) {
		s.add("logs/"+analyser+".1.jsonl", at, "commit", "analyse", fmt.Sprintf(`,"id":"e1/1/%d","n":2,"h":"00000000","cs":%d,"op":%d`, packet, cs, cs))
	}
	for i := 1; i <= 4; i++ {
		commit(10*i, "a1", i, i)
	}
	commit(25, "a2", 1, 2) // a copy
	commit(35, "a2", 2, 3)
	s.add("logs/a2.1.jsonl", 40, "synced", "analyse", `,"tok":2,"file":"log.0"`)
	s.add("logs/e1.1.jsonl", 41, "synced", "emit", `,"tok":2,"file":"journal"`) // no analyser's
	for i := 1; i <= 5; i++ {
		out := `"out":"acked"`
		if i == 5 {
			out = `"out":"expired","why":"horizon","def":false`
		}
		s.add("logs/e1.1.jsonl", 50+i, "outcome", "emit", fmt.Sprintf(`,"id":"e1/1/%d",%s`, i, out))
	}
	s.add("logs/a1.1.jsonl", 60, "recover", "analyse", `,"n":2,"lost":0,"msgs":4`)
	e := s.watched(t).effect
	lost, doubled := e.judge() // 3 stands at a2 still, 4 nowhere; 2 at both
	if lost != 1 || doubled != 1 || e.gaveUp != 1 || e.syncs != 1 || e.made != 6 {
		t.Errorf("%d lost, %d doubled, %d given up, %d syncs, %d made; want 1, 1, 1, 1, 6", lost, doubled, e.gaveUp, e.syncs, e.made)
	}
}
