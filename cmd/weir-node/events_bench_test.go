package main

import (
	"io"
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
)

// echo is a link to an analyser that commits everything at once, and to an emitter that
// only counts.
type echo struct {
	n      *driver.Node
	tokens atomic.Uint64
	room   chan struct{} // one for each packet in progress
}

func (e *echo) Bind(n *driver.Node) { e.n = n }
func (*echo) Knows(string) bool     { return true }
func (e *echo) Send(batch []driver.Outgoing) {
	for i := range batch {
		o := &batch[i]
		e.n.Sent(o.To.Node, o.Msg.Size())
		in := driver.Incoming{From: node.Addr{Node: "a1", Inc: 1, Actor: "analyse"}, To: o.From, Re: o.Token, Token: node.Token(e.tokens.Add(1))}
		switch m := o.Msg.(type) {
		case *message.Dispatch:
			in.Msg = &message.Receipt{ID: m.Packet.ID, Attempt: m.Attempt}
		case *message.Probe:
			in.Msg = &message.ProbeOK{Number: m.Number, Ready: true}
		default:
			<-e.room
			continue
		}
		_ = e.n.Deliver(in)
	}
}

// cpu is the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEventLog is what a packet costs a distributor, from the emitter's message to
// the answer, without a network, by how much of it is logged, to a real file.
func BenchmarkEventLog(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  eventLog
	}{{"off", eventLog{Mode: "off"}}, {"sampled", eventLog{Mode: "sampled"}}, {"full", eventLog{}}, {"full in pieces", eventLog{PieceBytes: 16 << 20, TotalBytes: 64 << 20}}} {
		b.Run(c.name, func(b *testing.B) {
			link := &echo{room: make(chan struct{}, 512)}
			cfg := driver.Config{Name: "d1", Role: "distributor", Incarnation: 1, Link: link, OneIn: c.cfg.oneIn(),
				Boot: distributor.Boot(distributor.Config{Volatile: true, Workers: 2, Window: 512, Analysers: []distributor.Analyser{{ID: "a1", Weight: 1}}})}
			if c.cfg.Mode != "off" {
				log, err := openEvents(c.cfg, b.TempDir(), "d1", 1, slog.New(slog.DiscardHandler))
				if err != nil {
					b.Fatal(err)
				}
				defer log.Close()
				cfg.Log = io.Writer(log)
			}
			n, err := driver.Start(cfg)
			if err != nil {
				b.Fatal(err)
			}
			base := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, make([]message.Entry, 10))
			began, seq := cpu(), uint64(0)
			for b.Loop() {
				seq++
				p := *base
				p.ID.Seq = seq
				link.room <- struct{}{}
				err := n.Deliver(driver.Incoming{From: node.Addr{Node: "e1", Inc: 1, Actor: "emit"}, To: node.Addr{Actor: distributor.Ingress},
					Token: node.Token(seq), Handle: 1, Msg: &message.Submit{Packet: &p, AckedBelow: seq}})
				if err != nil {
					b.Fatal(err)
				}
			}
			for range cap(link.room) {
				link.room <- struct{}{} // until all are answered
			}
			b.ReportMetric(float64(cpu()-began)/float64(seq), "cpu-ns/packet")
			n.Kill()
			<-n.Done()
		})
	}
}
