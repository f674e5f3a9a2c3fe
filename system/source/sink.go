package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// Waits before a store that did not take something is asked again.
const (
	fullWait  = 50 * time.Millisecond
	errorWait = time.Second
)

// fullTold is how long a spool must be full to be told: for a moment is back-pressure.
const fullTold = 5 * time.Second

// sink is where a source puts what it reads.
type sink struct {
	store  Store
	log    *slog.Logger
	counts counts
}

// counts are what a source measures; sources add, anybody reads.
type counts struct {
	lines, bytes atomic.Uint64
	dropped      atomic.Uint64 // datagrams
	refused      atomic.Uint64 // connections
	gaps         atomic.Uint64 // places where something may be missing
	behind       atomic.Int64  // bytes that the source has and the store has not
}

// put appends, and waits while the store does not take it. It fails only when ctx is
// done. A store that takes nothing is told once, and once that it goes on.
func (s *sink) put(ctx context.Context, payload, position []byte) error {
	told, began := "", time.Now()
	for {
		err := s.store.Append(payload, position)
		if err == nil {
			s.counts.lines.Add(uint64(bytes.Count(payload, []byte{'\n'})))
			s.counts.bytes.Add(uint64(len(payload)))
			if told != "" {
				s.log.Info("goes on: the spool takes lines again")
			}
			return nil
		}
		wait := fullWait
		if !errors.Is(err, ErrFull) {
			wait = errorWait
		}
		if text := err.Error(); text != told && (wait == errorWait || time.Since(began) >= fullTold) {
			told = text
			s.log.Warn("waits: the spool takes nothing", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}
