package source

import (
	"context"
	"sync"
	"time"
)

// batchMax bounds the records in bytes that wait to be put together.
const batchMax = 1 << 20

// flushWithin is how long a stopped source still tries to put what it has taken.
const flushWithin = 3 * time.Second

// batch gathers records of several goroutines for one append: while one is synced, the
// next fills.
type batch struct {
	mu    sync.Mutex
	buf   []byte
	spare []byte
	ready chan struct{} // has one while there is something
	room  chan struct{} // closed when buf was taken
}

func newBatch() *batch {
	return &batch{ready: make(chan struct{}, 1), room: make(chan struct{})}
}

// add takes a record, or returns a channel that is closed when there may be room.
func (b *batch) add(record []byte) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.buf) > 0 && len(b.buf)+len(record) > batchMax {
		return b.room
	}
	b.buf = append(b.buf, record...)
	select {
	case b.ready <- struct{}{}:
	default:
	}
	return nil
}

// take returns what was gathered. It is valid until the next call.
func (b *batch) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.buf
	b.buf, b.spare = b.spare[:0], got
	close(b.room)
	b.room = make(chan struct{})
	return got
}

// flush puts what is gathered into the sink, until ctx is done and done is closed: who
// adds has ended then.
func (b *batch) flush(ctx context.Context, s *sink, done <-chan struct{}) {
	for ctx.Err() == nil {
		select {
		case <-b.ready:
			if records := b.take(); s.put(ctx, records, nil) != nil {
				b.last(s, records)
			}
		case <-ctx.Done():
		}
	}
	<-done
	b.last(s, b.take())
}

// last puts what a stopped source had taken.
func (b *batch) last(s *sink, records []byte) {
	if len(records) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	if s.put(ctx, records, nil) != nil {
		s.counts.gaps.Add(1)
		s.log.Error("messages that were received are lost: the spool does not take them", "bytes", len(records))
	}
}
