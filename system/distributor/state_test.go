package distributor

import (
	"fmt"
	"slices"
	"testing"

	"weir/system/message"
	"weir/system/node"
)

// askState asks for the state and returns the answer.
func (b *bench) askState(after string) *message.StateOK {
	b.t.Helper()
	b.Ask(node.Addr{Node: "op", Inc: 1, Actor: "operate"}, Supervisor, &message.State{After: after})
	b.take()
	if len(b.states) == 0 {
		return nil
	}
	s := b.states[0]
	b.states = b.states[1:]
	return s
}

// The state is what the table says and what the workers did, and asking for it changes
// nothing.
func TestState(t *testing.T) {
	b := start(t, baseConfig())
	for seq := range uint64(4) {
		b.submit(seq+1, 3)
	}
	b.order(`{"op":"drain","id":"a1"}`)
	want := map[string][3]uint64{} // in flight, decided, delivered
	for _, s := range b.packets {
		w := want[s.To.Node]
		want[s.To.Node] = [3]uint64{w[0] + 1, w[1] + 3, 0}
	}
	done := b.next()
	b.Answer(done, &message.Receipt{ID: done.Msg.(*message.Dispatch).Packet.ID, Attempt: 1, Status: message.StCommitted})
	b.take()
	w := want[done.To.Node]
	want[done.To.Node] = [3]uint64{w[0] - 1, w[1], 3}
	records := len(b.Lines())
	got := b.askState("")
	if got == nil || got.Version != 2 || got.Workers != 1 || got.Silent != 0 || got.More || got.Why != "" || len(got.Analysers) != 3 {
		t.Fatalf("the state is %+v", got)
	}
	for i, a := range got.Analysers {
		weight, share, status := uint32(1), uint64(1431655765), "up" // 1 of 3, in 2^-32, rounded down
		switch a.ID {
		case "a1":
			share, status = 0, "drain"
		case "a3":
			weight, share = 2, 2863311531
		}
		state := message.AnalyserState{
			ID: fmt.Sprintf("a%d", i+1), Weight: weight, Drained: a.ID == "a1", Wanted: share,
			InFlight: want[a.ID][0], Decided: want[a.ID][1], Delivered: want[a.ID][2],
			Workers: []message.WorkerState{{Worker: "w1", Status: status, InFlight: want[a.ID][0]}},
		}
		if fmt.Sprint(a) != fmt.Sprint(state) {
			t.Errorf("%+v, want %+v", a, state)
		}
	}
	for _, line := range b.Lines()[records:] {
		t.Errorf("asking wrote %s", line)
	}
}

// A table is told in parts of bounded size, and every worker's word is in its place.
func TestStateInParts(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Workers = nil, 100
	var want, got []string
	for i := range 100 {
		want = append(want, fmt.Sprintf("a%03d", i))
		cfg.Analysers = append(cfg.Analysers, Analyser{ID: want[i], Weight: 1})
	}
	b := start(t, cfg)
	for more := true; more; {
		after := ""
		if len(got) > 0 {
			after = got[len(got)-1]
		}
		s := b.askState(after)
		if s == nil || len(s.Analysers) == 0 || len(s.Analysers)*cfg.Workers > stateCells {
			t.Fatalf("after %q: %+v", after, s)
		}
		for _, a := range s.Analysers {
			got = append(got, a.ID)
			if len(a.Workers) != cfg.Workers || a.Workers[1].Worker != "w2" || a.Workers[99].Worker != "w100" {
				t.Fatalf("%s: %d workers, %+v", a.ID, len(a.Workers), a.Workers)
			}
		}
		more = s.More
	}
	if !slices.Equal(got, want) {
		t.Errorf("told are %v", got)
	}
	if s := b.askState("zz"); s == nil || len(s.Analysers) > 0 || s.More || s.Version != 1 {
		t.Errorf("after the last: %+v", s)
	}
}

// What several workers did adds up.
func TestStateAddsUp(t *testing.T) {
	cfg := baseConfig()
	cfg.Workers = 3
	b := start(t, cfg)
	for seq := range uint64(12) {
		b.submit(seq+1, 2)
	}
	var flying, own, decided, busy uint64
	for _, a := range b.askState("").Analysers {
		flying, decided = flying+a.InFlight, decided+a.Decided
		for _, w := range a.Workers {
			if own += w.InFlight; w.InFlight > 0 {
				busy++
			}
		}
	}
	if flying != 12 || own != 12 || decided != 24 || busy < 4 {
		t.Errorf("%d packets in flight, %d of them at %d workers, %d messages decided; want 12 and 24 at more than one worker an analyser", flying, own, busy, decided)
	}
}

// A worker that does not answer is named as missing in time, and too many questions at
// once are refused.
func TestStateWithoutAWorker(t *testing.T) {
	cfg := baseConfig()
	cfg.Workers = 2
	b := start(t, cfg)
	b.mute = "w2"
	for range statesMost {
		if s := b.askState(""); s != nil {
			t.Fatalf("an answer without w2, at once: %+v", s)
		}
	}
	if s := b.askState(""); s == nil || s.Why == "" {
		t.Fatalf("one question more: %+v", s)
	}
	b.run(stateWait)
	if len(b.states) != statesMost {
		t.Fatalf("%d answers after %v", len(b.states), stateWait)
	}
	for _, s := range b.states {
		if s.Silent != 1 || s.Workers != 2 || len(s.Analysers) != 3 || len(s.Analysers[0].Workers) != 1 {
			t.Errorf("without w2: %+v", s)
		}
	}
}
