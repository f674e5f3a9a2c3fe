package driver

import (
	"io"
	"sync"
	"time"

	"weir/system/record"
)

// flushAfter is how long lines wait for the log's Writer when no send waits for them.
const flushAfter = 100 * time.Millisecond

// journal is the node's event log on its way to its Writer, and the sends that wait
// until the lines that cover them are written.
type journal struct {
	mu      sync.Mutex
	log     *record.Log // nil: no log is kept
	out     []Outgoing  // waiting sends, in the order of their lines
	waiting int         // bytes of lines that the Writer did not take yet
	dropped uint64      // lines
	written uint64      // bytes that the Writer took
	closed  bool
	sending bool       // without a log: somebody releases sends
	spare   []Outgoing // without a log: for reuse

	w    io.Writer
	max  int
	link Link
	wake chan struct{}
	done chan struct{} // closed when the writer goroutine ended
	err  error         // of the newest write
}

func newJournal(cfg *Config, log *record.Log) *journal {
	return &journal{log: log, w: cfg.Log, max: cfg.LogBytes, link: cfg.Link, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// part is where an actor builds its lines.
func (j *journal) part() *record.Log {
	if j.log == nil {
		return record.NewMute()
	}
	return record.NewPart()
}

// commit appends the lines of some events and queues their sends behind them. Without a
// log there is nothing to wait for: whoever finds nobody sending sends.
func (j *journal) commit(part *record.Log, out []Outgoing) {
	size := len(part.Bytes())
	if size == 0 && len(out) == 0 {
		return
	}
	j.mu.Lock()
	j.out = append(j.out, out...)
	if j.log == nil {
		j.release()
		return
	}
	if j.waiting+size > j.max && size > 0 {
		j.dropped += part.Lines()
		part.Reset()
	} else {
		j.waiting += size
		j.log.Take(part)
	}
	urgent := len(j.out) > 0 || j.waiting > 1<<16
	j.mu.Unlock()
	if urgent {
		j.signal()
	}
}

// release sends what is queued, unless somebody does so already, and unlocks mu.
func (j *journal) release() {
	if j.sending {
		j.mu.Unlock()
		return
	}
	j.sending = true
	for round := 0; len(j.out) > 0 && round < releaseRounds; round++ {
		out := j.out
		j.out = j.spare[:0]
		j.mu.Unlock()
		j.link.Send(out)
		clear(out)
		j.mu.Lock()
		j.spare = out
	}
	j.sending = false
	more := len(j.out) > 0
	j.mu.Unlock()
	if more {
		j.signal()
	}
}

// releaseRounds is how often an actor sends what others queued while it sent, before the
// journal's own goroutine goes on with that.
const releaseRounds = 4

func (j *journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes lines and releases sends until the journal is closed.
func (j *journal) run() {
	defer close(j.done)
	if j.log == nil {
		j.relay()
		return
	}
	var lines []byte
	var out []Outgoing
	tick := time.NewTicker(flushAfter)
	defer tick.Stop()
	for over := false; !over; {
		select {
		case <-j.wake:
		case <-tick.C:
		}
		j.mu.Lock()
		over = j.closed
		lines = append(lines, j.log.Bytes()...)
		j.log.Reset()
		out, j.out = j.out, out[:0]
		j.mu.Unlock()
		lines = j.write(lines)
		if len(out) > 0 {
			j.link.Send(out)
			clear(out)
			out = out[:0]
		}
	}
}

// relay releases, without a log, what actors leave to it.
func (j *journal) relay() {
	for range j.wake {
		j.mu.Lock()
		over := j.closed
		j.release()
		if over {
			return
		}
	}
}

// write hands lines to the Writer and returns what it did not take, to be tried
// again: a full disk must not stop the traffic, only the evidence.
func (j *journal) write(lines []byte) []byte {
	if len(lines) == 0 {
		return lines
	}
	n, err := j.w.Write(lines)
	j.mu.Lock()
	j.waiting -= n
	j.written += uint64(n)
	j.err = err
	j.mu.Unlock()
	rest := copy(lines, lines[n:])
	return lines[:rest]
}

// close ends the log in order and waits until everything is written and released.
// It returns the error of the last write.
func (j *journal) close(finish func(*record.Log)) error {
	j.mu.Lock()
	if j.log != nil {
		before := len(j.log.Bytes())
		finish(j.log)
		j.waiting += len(j.log.Bytes()) - before
	}
	j.closed = true
	j.mu.Unlock()
	j.signal()
	<-j.done
	return j.err
}
