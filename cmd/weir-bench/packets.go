//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"

	"weir/system/message"
	"weir/system/wire"
	"weir/system/wire/weirv1"
)

// shape is what the packets of a cell are like.
type shape struct {
	name   string
	bytes  int   // text of each message
	counts []int // messages of a packet, one after the other, again and again
}

var (
	small = shape{"10 x 150 B", 150, []int{10}}
	large = shape{"20 x 1 kB", 1000, []int{20}}
	// mixed has packets of 1 to 19 messages: who counts packets gives other shares than
	// who counts messages.
	mixed = shape{"1..19 x 150 B", 150, []int{7, 19, 2, 11, 1, 16, 5, 13, 9, 3, 18, 6, 12, 1, 15, 8, 19, 4, 17, 10, 14}}
)

// content is a packet without its id: the same entries in each encoding.
type content struct {
	messages int
	json     []byte // from the checksum to the end of the packet's object
	wire     *weirv1.Packet
}

// contents makes the packets of a shape, one for each of its counts.
func contents(s shape) ([]content, error) {
	all := make([]content, len(s.counts))
	for i, n := range s.counts {
		entries := make([]message.Entry, n)
		for k := range entries {
			text := fmt.Sprintf("request %d of customer %d served in %d ms by backend-%d: ", 4711+k, 100+k, 3*k, k%4)
			text += strings.Repeat("the quick brown fox jumps over the lazy dog ", 1+s.bytes/40)
			entries[k] = message.Entry{Time: 1_790_000_000_000_000_000 + int64(k), Severity: message.Info, Source: "shop", Text: text[:s.bytes]}
		}
		m := &message.Submit{Packet: message.NewPacket(message.ID{Source: "x", Inc: 1, Seq: 1}, entries)}
		w, err := wire.PackPacket(m.Packet)
		if err != nil {
			return nil, err
		}
		form, err := wire.PackSubmitJSON(m)
		if err != nil {
			return nil, err
		}
		text, err := wire.EncodeJSON(form)
		if err != nil {
			return nil, err
		}
		from := strings.Index(string(text), `"entries_crc32c"`)
		if from < 0 {
			return nil, fmt.Errorf("a packet's JSON form has no checksum: %.80s", text)
		}
		all[i] = content{messages: n, json: []byte(strings.TrimSpace(string(text[from:]))), wire: w}
	}
	return all, nil
}

// appendJSON appends the packet with this id, whose source awaits no earlier one.
func (c *content) appendJSON(b []byte, source string, inc uint32, seq uint64) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, source...)
	b = append(b, '/')
	b = strconv.AppendUint(b, uint64(inc), 10)
	b = append(b, '/')
	b = strconv.AppendUint(b, seq, 10)
	b = append(b, `","acked_below":`...)
	b = strconv.AppendUint(b, seq, 10)
	b = append(b, ',')
	return append(b, c.json...)
}

// submission is the same over gRPC; low is the source's first packet without an outcome.
func (c *content) submission(source string, inc uint32, seq, low uint64) *weirv1.Submission {
	w := &weirv1.Packet{
		Id:    &weirv1.PacketId{Source: source, Incarnation: inc, Sequence: seq},
		Count: c.wire.Count, EntriesCrc32C: c.wire.EntriesCrc32C, EntriesBytes: c.wire.EntriesBytes, Payload: c.wire.Payload,
	}
	return &weirv1.Submission{Head: &weirv1.Head{Token: seq}, Packet: w, AckedBelow: low}
}
