package proxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/proxy"
)

// TestCut: bytes vanish, the other direction goes on, and at heal what lost bytes is reset; what lost none goes on.
func TestCut(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Cut()
		send(t, from, "gone")
		silent(t, to)
		send(t, to, "back")
		gets(t, from, "back")
		lane.Heal()
		isReset(t, from)
		isReset(t, to)
		drained(t, l)
	})
}

// TestCutOfManyConnections: at heal exactly those are reset that lost something.
func TestCutOfManyConnections(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	var pairs []pair
	for range 60 {
		pairs = append(pairs, connect(t, l, s))
	}
	l.Forward().Cut()
	for i := 0; i < len(pairs); i += 2 {
		send(t, pairs[i][0], "gone")
	}
	silent(t, pairs[0][1]) // time for all to be swallowed
	l.Forward().Heal()
	for i, p := range pairs {
		if i%2 == 0 {
			isReset(t, p[0])
			isReset(t, p[1])
			continue
		}
		send(t, p[0], "on")
		gets(t, p[1], "on")
	}
}

func TestCutThatLostNothing(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Cut()
		silent(t, to)
		lane.Heal()
		send(t, from, "on")
		gets(t, to, "on")
	})
}

// TestCutSwallowsTheEnd: neither an end of stream nor a reset passes a cut.
func TestCutSwallowsTheEnd(t *testing.T) {
	for _, linger := range []int{-1, 0} {
		lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
			lane.Cut()
			must(t, from.SetLinger(linger))
			must(t, from.Close())
			silent(t, to)
			lane.Heal()
			isReset(t, to)
			drained(t, l)
		})
	}
}

// TestCutLosesWhatWaits: bytes that are held or delayed when the cut comes are gone, and nothing later completes them.
func TestCutLosesWhatWaits(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Hold()
		send(t, from, "half a")
		time.Sleep(quiet) // until it waits in the lane
		lane.Cut()
		lane.Release()
		silent(t, to)
		lane.Heal()
		isReset(t, to)
	})
}

// TestCutInMidWrite: a write that a full receiver blocks is cut short, and the stream is not continued.
func TestCutInMidWrite(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		sent := stuff(t, from)
		lane.Cut()
		got := 0
		buf := make([]byte, 1<<20)
		for {
			must(t, to.SetReadDeadline(time.Now().Add(quiet)))
			n, err := to.Read(buf)
			got += n
			if isTimeout(err) {
				break
			}
			must(t, err)
		}
		if got == 0 || got >= sent {
			t.Errorf("%d of %d bytes came", got, sent)
		}
		lane.Heal()
		isReset(t, to)
	})
}

// TestNewConnectionsDuringACut: accepted, and nothing flows in the cut direction.
func TestNewConnectionsDuringACut(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	l.Forward().Cut()
	c, quitter := dial(t, l), dial(t, l)
	send(t, c, "anybody?")
	must(t, quitter.Close())
	silent(t, c)
	eventually(t, func() bool { return l.Conns() == 1 }, func() string { return "a connection that nobody holds is kept" })
	if len(s.conns) != 0 {
		t.Error("the target heard of a connection through a cut")
	}
	l.Forward().Heal()
	isReset(t, c)
	p := connect(t, l, s)
	send(t, p[0], "new")
	gets(t, p[1], "new")

	l.Backward().Cut()
	p = connect(t, l, s)
	send(t, p[0], "one way")
	gets(t, p[1], "one way")
	send(t, p[1], "lost")
	silent(t, p[0])
	l.Backward().Heal()
	isReset(t, p[0])
}

// TestHold: bytes and ends wait, then come in order; nothing is lost.
func TestHold(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Hold()
		for i := range 10 {
			send(t, from, fmt.Sprint(i))
		}
		must(t, from.CloseWrite())
		silent(t, to)
		send(t, to, "other way")
		gets(t, from, "other way")
		lane.Release()
		gets(t, to, "0123456789")
		ends(t, to)
	})
}

// TestHoldInMidWrite: a write that a full receiver blocks is interrupted and goes on where it stopped.
func TestHoldInMidWrite(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		sent := stuff(t, from)
		for range 10 {
			lane.Hold()
			time.Sleep(ms)
			lane.Release()
			time.Sleep(ms)
		}
		must(t, from.CloseWrite())
		must(t, to.SetReadDeadline(time.Now().Add(within)))
		if got, err := io.ReadAll(to); err != nil || !bytes.Equal(got, stuffing()[:sent]) {
			t.Errorf("%d bytes came (%v), want the %d that were sent", len(got), err, sent)
		}
	})
}

func TestHoldKeepsAReset(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Hold()
		must(t, from.SetLinger(0))
		must(t, from.Close())
		silent(t, to)
		lane.Release()
		isReset(t, to)
	})
}

func TestDelay(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		must(t, lane.Impair(faults.Impairment{Delay: 200 * ms}))
		var sent time.Time
		for range 5 {
			sent = time.Now()
			send(t, from, "x")
			time.Sleep(10 * ms) // five pieces are on their way at once: the delay is no rate
		}
		gets(t, to, "xxxxx")
		if took := time.Since(sent); took < 200*ms {
			t.Errorf("the last came %v after it was sent, want 200ms", took)
		}
		send(t, to, "y")
		if took := gets(t, from, "y"); took > 150*ms {
			t.Errorf("the other direction took %v", took)
		}
		must(t, lane.Impair(faults.Impairment{Delay: time.Hour}))
		send(t, from, "z")
		silent(t, to)
		lane.Mend() // what waits goes at once
		gets(t, to, "z")
	})
}

func TestJitterKeepsOrder(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		must(t, lane.Impair(faults.Impairment{Jitter: 30 * ms}))
		var want bytes.Buffer
		for i := range 50 {
			piece := fmt.Sprintf("%03d ", i)
			want.WriteString(piece)
			send(t, from, piece)
			time.Sleep(ms)
		}
		gets(t, to, want.String())
		must(t, lane.Impair(faults.Impairment{Jitter: time.Minute}))
		send(t, from, "late")
		must(t, to.SetReadDeadline(time.Now().Add(10*ms)))
		if n, err := to.Read(make([]byte, 10)); !isTimeout(err) {
			t.Errorf("%d bytes came in 10ms under a jitter of a minute (%v)", n, err)
		}
	})
}

// TestRate: 64 kB at 200 kB/s take a third of a second, shared by the connections of the lane.
func TestRate(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	for _, lane := range []*proxy.Lane{l.Forward(), l.Backward()} {
		one, two := connect(t, l, s), connect(t, l, s)
		from, to := 0, 1
		if lane == l.Backward() {
			from, to = 1, 0
		}
		must(t, lane.Impair(faults.Impairment{Rate: 200_000}))
		half := string(make([]byte, 32_000))
		start := time.Now()
		send(t, one[from], half)
		send(t, two[from], half)
		gets(t, one[to], half)
		gets(t, two[to], half)
		if took := time.Since(start); took < 310*ms {
			t.Errorf("64 kB at 200 kB/s took %v", took)
		}
		lane.Mend()
	}
}

// TestRateBoundsWhatWaits: a slow lane does not take a whole buffer from its sender.
func TestRateBoundsWhatWaits(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr(), Buffer: 32 << 20})
	p := connect(t, l, s)
	start := time.Now()
	must(t, l.Forward().Impair(faults.Impairment{Rate: 4000}))
	must(t, p[0].SetWriteBuffer(8<<10))
	if n := stuff(t, p[0]); n > 3<<20 {
		t.Errorf("%d bytes were taken", n)
	}
	gets(t, p[1], string(pattern(1600)))
	if took := time.Since(start); took < 400*ms-quiet {
		t.Errorf("1,600 bytes took %v at 4 kB/s", took)
	}
}

// TestCorrupt: the connection is reset, no byte is wrong; a share of 0 never is.
func TestCorrupt(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		must(t, lane.Impair(faults.Impairment{CorruptPPM: 1_000_000}))
		send(t, to, "fine")
		gets(t, from, "fine")
		send(t, from, "bad")
		isReset(t, to)
		isReset(t, from)
		drained(t, l)
	})
}

// TestCorruptShare: about the share of the pieces is hit, and the same ones again with the same seed.
func TestCorruptShare(t *testing.T) {
	run := func(seed uint64) (lives []int) {
		s := serve(t, "127.0.0.1:0")
		l := link(t, proxy.Config{Target: s.addr(), Seed: seed})
		must(t, l.Forward().Impair(faults.Impairment{CorruptPPM: 200_000}))
		for range 40 {
			p := connect(t, l, s)
			n := 0
			for ; n < 1000; n++ {
				send(t, p[0], "x")
				must(t, p[1].SetReadDeadline(time.Now().Add(within)))
				if _, err := p[1].Read(make([]byte, 1)); err != nil {
					break
				}
			}
			lives = append(lives, n)
		}
		return lives
	}
	one, again, other := run(1), run(1), run(2)
	sum := 0
	for _, n := range one {
		sum += n
	}
	if sum < 70 || sum > 320 { // 40 lives of 4 pieces on average
		t.Errorf("the connections lived %v pieces", one)
	}
	if fmt.Sprint(one) != fmt.Sprint(again) || fmt.Sprint(one) == fmt.Sprint(other) {
		t.Errorf("seed 1: %v\nagain:  %v\nseed 2: %v", one, again, other)
	}
}

func TestImpairRefuses(t *testing.T) {
	l := link(t, proxy.Config{})
	for _, m := range []faults.Impairment{{LossPPM: 1}, {DuplicatePPM: 1}, {ReorderPPM: 1, ReorderDelay: ms}} {
		if err := l.Forward().Impair(m); !errors.Is(err, faults.ErrNotApplicable) {
			t.Errorf("%v: %v", m, err)
		}
	}
}
