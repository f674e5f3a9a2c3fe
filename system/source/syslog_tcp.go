package source

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"weir/system/transport/netlimit"
)

// IdleDefault is how long a connection may send nothing.
const IdleDefault = 10 * time.Minute

// server takes syslog messages from connections. While the spool takes nothing, nothing
// is read, and senders wait.
type server struct {
	*sink
	listener net.Listener
	idle     time.Duration
	batch    *batch

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	open  sync.WaitGroup
}

func newServer(l net.Listener, limits netlimit.Limits, idle time.Duration, s *sink) *server {
	return &server{sink: s, listener: netlimit.Listen(l, limits), idle: idle, batch: newBatch(), conns: map[net.Conn]struct{}{}}
}

func (s *server) run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.accept(ctx)
		s.open.Wait()
	}()
	stop := context.AfterFunc(ctx, s.shut)
	defer stop()
	s.batch.flush(ctx, s.sink, done)
}

// shut closes everything that waits.
func (s *server) shut() {
	s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

func (s *server) accept(ctx context.Context) {
	for ctx.Err() == nil {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // too many open files, mostly
			continue
		}
		if l, ok := s.listener.(*netlimit.Listener); ok {
			s.counts.refused.Store(l.Refused())
		}
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.open.Add(1)
		go s.serve(ctx, c)
	}
}

func (s *server) serve(ctx context.Context, c net.Conn) {
	defer s.open.Done()
	defer func() {
		c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	if ctx.Err() != nil {
		return // shut may not have seen it
	}
	parser, frames, peer := newSyslogParser(), framer{max: textMax}, hostOf(c.RemoteAddr())
	buf := make([]byte, 0, 4<<10)
	var record []byte
	for end := false; !end; {
		if len(buf) == cap(buf) { // most senders never need the longest
			buf = append(make([]byte, 0, min(2*cap(buf), textMax+utf8.UTFMax+16)), buf...)
		}
		_ = c.SetReadDeadline(time.Now().Add(s.idle))
		n, err := c.Read(buf[len(buf):cap(buf)])
		end = err != nil
		rest := buf[:len(buf)+n]
		now := time.Now()
		for {
			p, used, ok := frames.next(rest, end)
			rest = rest[used:]
			if ok {
				if record = parser.record(record[:0], p, peer, now); !s.add(ctx, record) {
					return
				}
				if cap(record) > textMax {
					record = nil // a thousand connections are not to keep the longest
				}
			} else if used == 0 {
				break
			}
		}
		buf = buf[:copy(buf[:cap(buf)], rest)]
	}
}

// add waits for room; it fails when the source is stopped.
func (s *server) add(ctx context.Context, record []byte) bool {
	for {
		room := s.batch.add(record)
		if room == nil {
			return true
		}
		select {
		case <-room:
		case <-ctx.Done():
			s.counts.gaps.Add(1)
			return false
		}
	}
}
