package digest

import (
	"fmt"
	"testing"

	"weir/system/message"
)

// benchPacket is 10 messages of about 150 bytes of four templates.
func benchPacket() *message.Packet {
	p := &message.Packet{ID: message.ID{Source: "e1", Inc: 1, Seq: 1}}
	for i := range 10 {
		text := [...]string{
			"2026-03-01T10:00:%02d.037Z INFO shop.cart: order 100%d of user4711 placed, 3 items, 13.49 EUR, session 550e8400-e29b-41d4-a716-446655440000 from the web shop",
			"2026-03-01T10:00:%02d.037Z INFO shop.http: 10.20.0.17:40123 \"GET /item/%d?ref=mail HTTP/1.1\" 200 1200b in 3ms, upstream 10.20.0.4:8080, cache hit, keep alive on",
			"2026-03-01T10:00:%02d.037Z WARN shop.db: query took 9%d ms on db1.eu-west-1.shop-prod2.example.net, retry 1 of 3, the plan was cached and is thrown away now",
			"2026-03-01T10:00:%02d.037Z ERROR shop.disk: cannot write /var/lib/shop/cart-%d.db: no space left on device (errno 28), the cart is kept in memory for now",
		}[i%4]
		p.Entries = append(p.Entries, message.Entry{Time: 1772359200e9 + int64(i)*1e8, Severity: message.Info, Source: "shop.log", Text: fmt.Sprintf(text, i, i*37)})
	}
	return p
}

// BenchmarkTemplate: one message of 150 bytes.
func BenchmarkTemplate(b *testing.B) {
	p := benchPacket()
	var dst []byte
	i := 0
	for b.Loop() {
		dst = Template(dst[:0], p.Entries[i%10].Text)
		i++
	}
}

// BenchmarkPacket: 10 messages measured, merged and stored, as a commit does.
func BenchmarkPacket(b *testing.B) {
	p := benchPacket()
	d := New(Limits{})
	m := NewMeter(Limits{}, d)
	var buf []byte
	for b.Loop() {
		one := m.Packet(p)
		buf = one.Append(buf[:0])
		d.Merge(one)
	}
	b.ReportMetric(float64(len(buf)), "stored-B")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(10*b.N), "ns/message")
}

// BenchmarkPacketSum: and what a log costs besides.
func BenchmarkPacketSum(b *testing.B) {
	m := NewMeter(Limits{}, nil)
	one := m.Packet(benchPacket())
	for b.Loop() {
		one.Sum()
	}
}

// BenchmarkReport: of full tables.
func BenchmarkReport(b *testing.B) {
	d := New(Limits{})
	for i := range 3000 {
		c := Counts{Levels: [Levels]uint64{3: 1}}
		text := fmt.Sprintf("user %d did %d things to %d others", i%10, i/10%30, i/300)
		d.tables[byTemplate].add(hashOf(text), text, &c)
	}
	for b.Loop() {
		d.Report()
	}
}
