//go:build unix

package proc

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

const (
	haltWithin = 2 * time.Second // SIGSTOP takes effect once every thread has left the kernel
	haltPoll   = 200 * time.Microsecond
)

// Pause halts the process (SIGSTOP) and returns once all its threads stand still. Errors: ErrNotRunning; a thread
// that is stuck in the kernel for 2 s, and then the process is let go on.
func (p *Process) Pause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.send("pause", syscall.SIGSTOP); err != nil {
		return err
	}
	for start := time.Now(); ; time.Sleep(haltPoll) {
		still, err := halted(p.cmd.Process.Pid)
		switch {
		case !p.running():
			return p.fail("pause", ErrNotRunning)
		case err == nil && still:
			p.paused = true
			return nil
		case time.Since(start) > haltWithin:
			return p.fail("pause", errors.Join(fmt.Errorf("not halted within %v", haltWithin), err, p.send("resume", syscall.SIGCONT)))
		}
	}
}

// Resume lets a paused process go on (SIGCONT).
func (p *Process) Resume() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
	return p.send("resume", syscall.SIGCONT)
}

// Slow gives the process only its share of the time: at 300 percent it is halted for two thirds of every turn of at
// least 20 ms. It holds for later incarnations too, until Normal. percent is over 100.
func (p *Process) Slow(percent int) error {
	if percent <= 100 {
		return p.fail("slow", fmt.Errorf("%d percent is not over 100", percent))
	}
	p.Normal()
	on := max(slowTurn*100/time.Duration(percent), slowRun)
	s := &slowing{on: on, off: on * time.Duration(percent-100) / 100, quit: make(chan struct{}), gone: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slow != nil {
		return p.fail("slow", errors.New("another Slow came at the same time"))
	}
	p.slow = s
	go s.run(p)
	return nil
}

// Normal ends a Slow; it returns once the process runs freely.
func (p *Process) Normal() {
	p.mu.Lock()
	s := p.slow
	p.slow = nil
	p.mu.Unlock()
	if s != nil {
		close(s.quit)
		<-s.gone
	}
}

const (
	slowTurn = 20 * time.Millisecond
	slowRun  = time.Millisecond // shorter than this a process gets nothing done
)

// slowing halts a process in turns.
type slowing struct {
	on, off    time.Duration
	quit, gone chan struct{}
}

func (s *slowing) run(p *Process) {
	defer close(s.gone)
	for {
		p.turn(syscall.SIGSTOP)
		ended := s.sleep(s.off)
		p.turn(syscall.SIGCONT)
		if ended || s.sleep(s.on) {
			return
		}
	}
}

// turn signals the process unless it is paused or gone.
func (p *Process) turn(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.paused && p.running() {
		_ = p.cmd.Process.Signal(sig) // it may have gone just now
	}
}

// sleep waits; true: the slowing has ended.
func (s *slowing) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.quit:
		return true
	case <-t.C:
		return false
	}
}
