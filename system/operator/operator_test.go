package operator

import (
	"errors"
	"strings"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

var (
	world = node.Addr{Node: "world", Actor: "world"}
	d1    = node.Addr{Node: "d1", Actor: "sup"}
	d2    = node.Addr{Node: "d2", Actor: "sup"}
)

func order(n *nodetest.Node, to node.Addr, doc string) {
	n.Deliver(world, Actor, &Order{To: to, Doc: []byte(doc)})
}

func docs(sent []nodetest.Sent) string {
	var b strings.Builder
	for _, s := range sent {
		b.WriteString(s.To.Node + ":" + string(s.Msg.(*message.Control).Doc) + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestOrdersToOneAddressStayInOrder(t *testing.T) {
	n := nodetest.New("op", 1)
	n.MustBoot(Boot(Config{}))
	order(n, d1, "a")
	order(n, d1, "b")
	order(n, d2, "c")
	first := n.Take()
	if got := docs(first); got != "d1:a d2:c" {
		t.Fatalf("sent %q, want a and c only", got)
	}
	n.Answer(first[0], &message.ControlOK{OK: false, Why: "no"})
	if got := docs(n.Take()); got != "d1:b" {
		t.Fatalf("after a was answered: %q, want b", got)
	}
}

func TestRetriesUntilAnswered(t *testing.T) {
	n := nodetest.New("op", 1)
	n.MustBoot(Boot(Config{Timeout: time.Second, BackoffBase: 100 * time.Millisecond, BackoffMax: 400 * time.Millisecond}))
	order(n, d1, "a")
	s := n.Take()[0]
	n.Fail(s, node.ErrRefused)
	n.Advance(74 * time.Millisecond)
	if got := n.Take(); len(got) != 0 {
		t.Fatal("sent again before the backoff passed")
	}
	n.Advance(27 * time.Millisecond)
	second := n.Take()
	if docs(second) != "d1:a" {
		t.Fatal("not sent again after the backoff")
	}
	n.Advance(time.Second + 200*time.Millisecond) // timeout, then backoff
	third := n.Take()
	if docs(third) != "d1:a" {
		t.Fatal("not sent again after the timeout")
	}
	n.Answer(second[0], &message.ControlOK{OK: true}) // late: the third is still open
	n.Answer(third[0], &message.ControlOK{OK: true})
	n.Advance(time.Minute)
	if got := n.Take(); len(got) != 0 || n.Open() != 0 || n.Timers() != 0 {
		t.Fatalf("after the answer: %d sends, %d open, %d timers", len(got), n.Open(), n.Timers())
	}
}

func TestGivesUpAndGoesOn(t *testing.T) {
	n := nodetest.New("op", 1)
	n.SendErr = func(to node.Addr, m node.Message) error {
		if string(m.(*message.Control).Doc) == "a" {
			return node.ErrOutstanding
		}
		return nil
	}
	n.MustBoot(Boot(Config{AttemptsMax: 3}))
	order(n, d1, "a")
	order(n, d1, "b")
	n.Advance(10 * time.Second)
	if got := docs(n.Take()); !strings.HasPrefix(got, "d1:b") {
		t.Fatalf("sent %q, want b once a was given up", got)
	}
}

func TestOrdersAreBounded(t *testing.T) {
	n := nodetest.New("op", 1)
	n.MustBoot(Boot(Config{OrdersMax: 2}))
	order(n, d1, "a")
	order(n, d2, "b")
	order(n, d2, "c")
	for _, s := range n.Take() {
		n.Answer(s, &message.ControlOK{OK: true})
	}
	if got := docs(n.Take()); got != "" {
		t.Fatalf("an order beyond the bound was kept: %q", got)
	}
	n.Stop()
	if !n.Exited {
		t.Fatal("did not stop")
	}
}

// The defaults are those that the comments name.
func TestDefaults(t *testing.T) {
	want := Config{Timeout: time.Second, BackoffBase: 100 * time.Millisecond, BackoffMax: 5 * time.Second, AttemptsMax: 100, OrdersMax: 1024}
	if got := (Config{}).WithDefaults(); got != want {
		t.Errorf("defaults %+v, want %+v", got, want)
	}
}

func TestConfigReportsAllErrors(t *testing.T) {
	err := Config{Timeout: -1, BackoffBase: -2, AttemptsMax: -3, OrdersMax: -4}.Validate()
	for _, want := range []string{"timeout -1ns", "base -2ns", "attempts -3", "orders -4"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not mention %q", err, want)
		}
	}
	if err := (Config{Timeout: durationMost + 1}).Validate(); err == nil {
		t.Error("a timeout that is too long was accepted")
	}
	if err := (Config{BackoffBase: time.Minute}).Validate(); err == nil {
		t.Error("a first backoff above the longest was accepted")
	}
	if err := nodetest.New("op", 1).Boot(Boot(Config{Timeout: -1})); err == nil || errors.Is(err, node.ErrNameUsed) {
		t.Errorf("boot with an invalid configuration: %v", err)
	}
}
