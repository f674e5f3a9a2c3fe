package source

import (
	"context"
	"errors"
	"net"
	"time"
)

// datagramMax is the largest datagram in bytes.
const datagramMax = 64 << 10

// dropToldEvery is how often the log says that datagrams are dropped.
const dropToldEvery = 10 * time.Second

// receiver takes syslog messages from datagrams, one each. When the spool does not take
// them as fast, they are dropped and counted: a datagram cannot be made to wait.
type receiver struct {
	*sink
	conn  net.PacketConn
	batch *batch
}

func newReceiver(conn net.PacketConn, s *sink) *receiver {
	if c, ok := conn.(*net.UDPConn); ok {
		_ = c.SetReadBuffer(4 << 20) // for bursts; the system may give less
	}
	return &receiver{sink: s, conn: conn, batch: newBatch()}
}

func (r *receiver) run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.receive(ctx)
	}()
	stop := context.AfterFunc(ctx, func() { r.conn.Close() })
	defer stop()
	r.batch.flush(ctx, r.sink, done)
	r.conn.Close()
}

func (r *receiver) receive(ctx context.Context) {
	parser := newSyslogParser()
	buf := make([]byte, datagramMax)
	var record []byte
	var told time.Time
	for ctx.Err() == nil {
		n, from, err := r.conn.ReadFrom(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond) // an error of one datagram, or of the machine
			continue
		}
		if n == 0 {
			continue
		}
		record = r.records(record[:0], parser, buf[:n], hostOf(from))
		if r.batch.add(record) == nil {
			continue
		}
		if dropped := r.counts.dropped.Add(1); time.Since(told) >= dropToldEvery {
			told = time.Now()
			r.log.Warn("drops datagrams: the spool does not take them as fast as they come", "dropped", dropped)
		}
	}
}

// records makes the records of a datagram: one, but for those longer than a message.
func (r *receiver) records(b []byte, parser *syslogParser, datagram []byte, peer string) []byte {
	now := time.Now()
	f := framer{max: textMax, left: len(datagram)}
	for f.left > 0 {
		p, used, _ := f.countedPiece(datagram, true)
		datagram = datagram[used:]
		b = parser.record(b, p, peer, now)
	}
	return b
}

// hostOf is an address without its port.
func hostOf(a net.Addr) string {
	if a == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
