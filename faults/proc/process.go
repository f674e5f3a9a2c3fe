//go:build unix

package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Config describes a process.
type Config struct {
	// Name stands in errors. Required.
	Name string
	// Command makes what to run, anew for each incarnation (1, 2, ...). Where its Stdout or Stderr is nil, the output is
	// kept for [Process.Output]. Required.
	Command func(incarnation uint32) *exec.Cmd
	// OutputMax is how many bytes of output are kept, the last ones, over all incarnations; default 64 KiB.
	OutputMax int
}

// Errors that are wrapped.
var (
	ErrRunning    = errors.New("the process runs already")
	ErrNotRunning = errors.New("the process does not run")
	ErrKilled     = errors.New("it did not end in time and was killed")
)

// pipeWait is how long output is waited for after a process has died and left its pipes to a child.
const pipeWait = time.Second

// Process is a node's process. Its methods may be called from any goroutine.
type Process struct {
	cfg    Config
	output tail

	mu          sync.Mutex
	cmd         *exec.Cmd     // of the latest incarnation; nil before the first
	exited      chan struct{} // closed once that is gone
	err         error         // how it ended: nil for exit code 0; read once exited is closed
	incarnation uint32
	paused      bool
	slow        *slowing // nil: normal
}

// New prepares a process; it starts nothing.
func New(c Config) (*Process, error) {
	if c.OutputMax == 0 {
		c.OutputMax = 64 << 10
	}
	if c.Name == "" || c.Command == nil || c.OutputMax < 0 {
		return nil, fmt.Errorf("proc: process %q: a name and a command are required, OutputMax %d must not be negative", c.Name, c.OutputMax)
	}
	return &Process{cfg: c, output: tail{limit: c.OutputMax}}, nil
}

// Start starts the next incarnation. Errors: ErrRunning, or the program cannot be started (no incarnation is used up).
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return p.fail("start", ErrRunning)
	}
	cmd := p.cfg.Command(p.incarnation + 1)
	if cmd.Stdout == nil {
		cmd.Stdout = &p.output
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &p.output
	}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = pipeWait
	}
	if err := cmd.Start(); err != nil {
		return p.fail("start", err)
	}
	p.incarnation++
	exited := make(chan struct{})
	p.cmd, p.exited, p.paused, p.err = cmd, exited, false, nil
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(exited)
	}()
	return nil
}

// Kill ends the process by SIGKILL and returns once it is gone.
func (p *Process) Kill() error {
	exited, err := p.signal("kill", syscall.SIGKILL)
	if err == nil {
		<-exited
	}
	return err
}

// Terminate asks the process to end (SIGTERM) and returns at once. One that is paused hears of it when it resumes.
func (p *Process) Terminate() error {
	_, err := p.signal("terminate", syscall.SIGTERM)
	return err
}

// Stop asks the process to end, waits for it and kills it after the time given; that is told by ErrKilled.
func (p *Process) Stop(within time.Duration) error {
	exited, err := p.signal("stop", syscall.SIGTERM)
	if err != nil {
		return err
	}
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-exited:
		return nil
	case <-t.C:
	}
	if err := p.Kill(); err != nil {
		if errors.Is(err, ErrNotRunning) {
			return nil // it ended just now
		}
		return err
	}
	return p.fail("stop", fmt.Errorf("%w: %v", ErrKilled, within))
}

// Running says whether the process is there, paused or not.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

func (p *Process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Incarnation is the number of the latest start; 0 before the first.
func (p *Process) Incarnation() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.incarnation
}

// Pid is the process id of the latest incarnation; 0 before the first.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Exited is closed once the latest incarnation is gone; nil before the first.
func (p *Process) Exited() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exited
}

// Err says how the latest incarnation ended: nil for exit code 0 and while it runs, else *exec.ExitError or what
// broke its output.
func (p *Process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Output is the last of what the process wrote, all incarnations in a row.
func (p *Process) Output() []byte { return p.output.bytes() }

func (p *Process) signal(what string, s syscall.Signal) (<-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exited, p.send(what, s)
}

// send signals the process; the caller holds mu.
func (p *Process) send(what string, s syscall.Signal) error {
	if !p.running() {
		return p.fail(what, ErrNotRunning)
	}
	err := p.cmd.Process.Signal(s)
	if errors.Is(err, os.ErrProcessDone) {
		err = ErrNotRunning // it is gone, and only its output is still waited for
	}
	if err != nil {
		return p.fail(what, err)
	}
	return nil
}

func (p *Process) fail(what string, err error) error {
	return fmt.Errorf("proc: %s %s (incarnation %d): %w", what, p.cfg.Name, p.incarnation, err)
}
