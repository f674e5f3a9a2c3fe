//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// grpcStreams is how many streams, each on a connection of its own, share the packets
// in flight.
const grpcStreams = 4

// Limits of a frame, as weir's own nodes keep them.
const (
	frameItems = 256
	frameBytes = 1 << 20
)

// grpc sends over gRPC: many packets in flight on each stream, and as many in a frame
// as are due at once.
func (l *load) grpc(s source) {
	streams := min(grpcStreams, l.many)
	var wg sync.WaitGroup
	for i := range streams {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := &grpcStream{l: l, source: "s" + strconv.Itoa(i), room: make(chan struct{}, l.many/streams)}
			if err := c.run(s); err != nil {
				l.book.fail(1, err)
			}
			l.book.add(c.samples)
		}()
	}
	wg.Wait()
}

// grpcStream is one stream.
type grpcStream struct {
	l      *load
	source string
	seq    uint64
	room   chan struct{} // holds one for each packet in flight

	mu      sync.Mutex
	flights map[uint64]flight
	low     uint64 // every packet below has its outcome
	samples []sample
}

type flight struct {
	at       time.Time
	messages int
}

func (c *grpcStream) run(s source) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	conn, err := rpc.NewClient(c.l.addr, rpc.WithTransportCredentials(insecure.NewCredentials()),
		rpc.WithStaticStreamWindowSize(1<<20), rpc.WithStaticConnWindowSize(4<<20)) // as weir's own nodes have them
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := weirv1grpc.NewIngestServiceClient(conn).Submit(ctx)
	if err != nil {
		return err
	}
	c.flights, c.low = map[uint64]flight{}, 1
	read := make(chan error, 1)
	go func() { read <- c.read(stream) }()
	if err := c.write(s, stream); err != nil {
		return errors.Join(err, <-read)
	}
	late := time.AfterFunc(answerMax, cancel)
	defer late.Stop()
	return <-read
}

// write sends what is due until the source ends.
func (c *grpcStream) write(s source, stream weirv1grpc.IngestService_SubmitClient) error {
	for {
		c.room <- struct{}{}
		at, ok := s.next()
		if !ok {
			return stream.CloseSend()
		}
		f := &weirv1.SubmitRequest{}
		for bytes := 0; ; {
			w := c.submission(at)
			f.Items = append(f.Items, w)
			if bytes += len(w.Packet.Payload); len(f.Items) == frameItems || bytes+len(w.Packet.Payload) > frameBytes {
				break
			}
			if at, ok = c.another(s); !ok {
				break
			}
		}
		if err := stream.Send(f); err != nil {
			return err
		}
	}
}

// another is the time of a further packet, if one is due and has room.
func (c *grpcStream) another(s source) (time.Time, bool) {
	select {
	case c.room <- struct{}{}:
	default:
		return time.Time{}, false
	}
	at, ok := s.due()
	if !ok {
		<-c.room
	}
	return at, ok
}

// submission makes the next packet.
func (c *grpcStream) submission(at time.Time) *weirv1.Submission {
	c.mu.Lock()
	p := &c.l.all[int(c.seq)%len(c.l.all)]
	c.seq++
	c.flights[c.seq] = flight{at, p.messages}
	seq, low := c.seq, c.low
	c.mu.Unlock()
	return p.submission(c.source, c.l.inc, seq, low)
}

// read takes the outcomes until the stream ends.
func (c *grpcStream) read(stream weirv1grpc.IngestService_SubmitClient) error {
	for {
		f, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		now := time.Now()
		c.mu.Lock()
		for _, w := range f.GetItems() {
			c.outcome(now, w)
			<-c.room
		}
		for _, open := c.flights[c.low]; c.low <= c.seq && !open; _, open = c.flights[c.low] {
			c.low++
		}
		c.mu.Unlock()
	}
}

func (c *grpcStream) outcome(now time.Time, w *weirv1.SubmitResult) {
	seq := w.GetHead().GetRe()
	fl, ok := c.flights[seq]
	delete(c.flights, seq)
	if !ok || w.GetOutcome() != weirv1.Outcome_OUTCOME_COMMITTED {
		c.l.book.fail(1, fmt.Errorf("%v: %.80s", w.GetOutcome(), w.GetWhy()))
		return
	}
	c.samples = append(c.samples, sample{now, now.Sub(fl.at), fl.messages})
}
