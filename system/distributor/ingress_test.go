package distributor

import (
	"fmt"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

func TestAdmissionByItems(t *testing.T) {
	cfg := baseConfig()
	cfg.QueueItems, cfg.RefuseWait = 3, 70*time.Millisecond
	b := start(t, cfg)
	for seq := uint64(1); seq <= 4; seq++ {
		b.submit(seq, 1)
	}
	if len(b.results) != 1 {
		t.Fatalf("results %+v", b.results)
	}
	if r := b.results[0]; r.Out != message.RefusedSubmit || r.Why != "queue_full" || r.Wait != 70*time.Millisecond || r.ID.Seq != 4 {
		t.Errorf("refusal %+v", r)
	}
	if r := b.Last("refuse"); r.Str("why") != "queue_full" || r.Int("q") != 3 || r.Int("qb") != int64(3*packet(1, 1).Bytes) {
		t.Errorf("refuse record %v", b.tail())
	}
	b.receipt(b.next(), message.StCommitted)
	b.submit(4, 1)
	if r := b.Last("admit"); r.Int("q") != 3 || r.Str("w") != "w1" || r.Str("id") != "e1/1/4" {
		t.Errorf("admit record %v", b.tail())
	}
}

func TestAdmissionByBytes(t *testing.T) {
	cfg := baseConfig()
	cfg.QueueBytes = packet(1, 5).Bytes
	b := start(t, cfg)
	b.submit(1, 3)
	b.submit(2, 3)
	b.submit(3, 2)
	if len(b.results) != 1 || b.results[0].ID.Seq != 2 || b.Last("admit").Int("qb") != int64(cfg.QueueBytes) {
		t.Errorf("results %+v, %v", b.results, b.tail())
	}
}

// TestLargerThanTheQueue holds that what could never be admitted is told so, once
// and for good: "try again" would be for ever.
func TestLargerThanTheQueue(t *testing.T) {
	cfg := baseConfig()
	cfg.QueueBytes = packet(1, 5).Bytes
	b := start(t, cfg)
	b.submit(1, 6)
	if len(b.results) != 1 || b.results[0].Out != message.Poisoned || b.results[0].Why != "size" || !b.results[0].Definite {
		t.Errorf("results %+v, %v", b.results, b.tail())
	}
	b.submit(2, 5)
	if len(b.results) != 1 || b.Last("admit").Int("qb") != int64(cfg.QueueBytes) {
		t.Errorf("the largest that fits: %+v, %v", b.results, b.tail())
	}
}

// TestNeverToAnAnalyser holds what is answered at once and for good.
func TestNeverToAnAnalyser(t *testing.T) {
	b := start(t, baseConfig())
	offer := func(p *message.Packet) {
		b.Ask(emitter, Ingress, &message.Submit{Packet: p})
		b.take()
	}
	offer(packet(1, 0))
	offer(packet(2, 11))
	one := packet(3, 1).Entries
	offer(message.NewPacket(message.ID{Source: message.ProbeSource, Inc: 1, Seq: 1}, one))
	offer(message.NewPacket(message.ID{Source: "e1", Inc: 1}, one))
	offer(message.NewPacket(message.ID{Source: "e 1", Inc: 1, Seq: 1}, one))
	for i, why := range []string{"size", "size", "id", "id", "id"} {
		if r := b.results[i]; r.Out != message.Poisoned || !r.Definite || r.Why != why {
			t.Errorf("answer %d: %+v, want %s", i, r, why)
		}
	}
	if len(b.packets) != 0 || len(b.Records("admit", "dead")) != 0 {
		t.Error("something was admitted")
	}
}

// TestJoin holds that a packet in progress is not taken twice and that the newest
// submitter gets the answer.
func TestJoin(t *testing.T) {
	b := start(t, baseConfig())
	first := b.Ask(emitter, Ingress, &message.Submit{Packet: packet(1, 1)})
	second := b.Ask(emitter, Ingress, &message.Submit{Packet: packet(1, 1)})
	s := b.Take()
	if len(s) != 1 || b.Last("join").Str("id") != "e1/1/1" || len(b.Records("admit")) != 1 {
		t.Fatalf("%d messages, %v", len(s), b.tail())
	}
	m := s[0].Msg.(*message.Dispatch)
	b.Answer(s[0], &message.Receipt{ID: m.Packet.ID, Attempt: 1, Status: message.StCommitted})
	out := b.Take()
	if len(out) != 1 || out[0].Re != second || out[0].Re == first {
		t.Errorf("answers %+v", out)
	}
}

// TestJoinOfClients holds that of clients that wait for the same packet each gets its
// outcome, and that one too many is told to come again.
func TestJoinOfClients(t *testing.T) {
	b := start(t, baseConfig())
	var asked []node.ReplyTo
	for range othersMax + 2 {
		asked = append(asked, b.Ask(node.Addr{}, Ingress, &message.Submit{Packet: packet(1, 1)}))
	}
	s := b.Take()
	if len(s) != 2 {
		t.Fatalf("%+v, want a packet and an answer", s)
	}
	if r, ok := s[1].Msg.(*message.Result); !ok || r.Out != message.RefusedSubmit || s[1].Re != asked[othersMax+1] {
		t.Errorf("one too many got %+v", s[1])
	}
	b.Answer(s[0], &message.Receipt{ID: packet(1, 1).ID, Attempt: 1, Status: message.StCommitted})
	told := map[node.ReplyTo]int{}
	for _, out := range b.Take() {
		if r, ok := out.Msg.(*message.Result); ok && r.Out == message.Committed {
			told[out.Re]++
		}
	}
	for _, token := range asked[:othersMax+1] {
		if told[token] != 1 {
			t.Errorf("request %v got %d answers of %d", token, told[token], len(told))
		}
	}
	if len(told) != len(asked)-1 {
		t.Errorf("%d were told, %d asked", len(told), len(asked))
	}
}

func TestLeastLoadedWorker(t *testing.T) {
	cfg := baseConfig()
	cfg.Workers = 3
	b := start(t, cfg)
	var got string
	give := func(seq uint64) {
		b.submit(seq, 1)
		got += b.Last("admit").Str("w") + " "
	}
	for seq := uint64(1); seq <= 4; seq++ {
		give(seq)
	}
	for i, s := range b.packets { // both of w2's neighbours end one
		if s.Actor == "w2" {
			b.packets = append(b.packets[:i:i], b.packets[i+1:]...)
			b.receipt(s, message.StCommitted)
			break
		}
	}
	give(5)
	give(6)
	if want := "w1 w2 w3 w1 w2 w2 "; got != want {
		t.Errorf("workers %s, want %s", got, want)
	}
}

// TestFullWorkerMailbox holds that the next worker is tried, and that a packet is
// refused only if none takes it.
func TestFullWorkerMailbox(t *testing.T) {
	cfg := baseConfig()
	cfg.Workers = 2
	b := start(t, cfg)
	full := map[string]bool{"w1": true}
	b.SendErr = func(to node.Addr, m node.Message) error {
		if _, ok := m.(*assign); ok && full[to.Actor] {
			return node.ErrFull
		}
		return nil
	}
	b.submit(1, 1)
	b.submit(2, 1)
	full["w2"] = true
	b.submit(3, 1)
	var got string
	for _, r := range b.Records("admit", "refuse") {
		got += fmt.Sprintf("%s %s%s, ", r.Kind, r.Str("w"), r.Str("why"))
	}
	if want := "admit w2, admit w2, refuse queue_full, "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
