package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"weir/system/message"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

var attacks = []struct {
	name string
	run  func(*testing.T, *arena)
}{
	{"a handshake that never ends", slowHandshake},
	{"garbage", garbage},
	{"HTTP/1", httpOne},
	{"more connections than allowed", connectionFlood},
	{"more streams than allowed", streamFlood},
	{"more calls than allowed from one address", callFlood},
	{"an oversize header list", headerFlood},
	{"names and incarnations that are none", badMetadata},
	{"a huge frame", hugeFrame},
	{"a million empty items", emptyItems},
	{"a gzip bomb", gzipBomb},
	{"packets that are not what they say", wrongPackets},
	{"reserved ids and other actors", reserved},
	{"control characters everywhere", controlCharacters},
	{"answers that nobody reads", neverReads},
	{"streams opened and reset", rapidReset},
}

func slowHandshake(t *testing.T, a *arena) {
	var all []*rawConn
	for range 20 {
		c := dialRaw(t, a.at["d1"], "")
		c.put([]byte(preface[:3]))
		all = append(all, c)
	}
	a.holds(t)
	for _, c := range all {
		if !c.closes(10 * time.Second) {
			t.Fatal("it may take for ever")
		}
	}
}

func garbage(t *testing.T, a *arena) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := make([]byte, 1+rng.IntN(1<<16))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		c := dialRaw(t, a.at["d1"], "")
		c.put(b)
		if !c.closes(10 * time.Second) {
			t.Fatal("the connection stays open")
		}
		c = hello(t, a.at["d1"]) // after a right beginning
		c.put(b)
		c.closeWrite(t)
		if !c.closes(10 * time.Second) {
			t.Fatal("the connection stays open after the preface")
		}
	}
}

func httpOne(t *testing.T, a *arena) {
	c := dialRaw(t, a.at["d1"], "")
	c.put([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	if !c.closes(10 * time.Second) {
		t.Fatal("the connection stays open")
	}
}

func connectionFlood(t *testing.T, a *arena) {
	refused := 0
	var all []*rawConn
	for range 100 {
		conn, err := net.Dial("tcp", a.at["d1"])
		if err != nil { // reset so soon
			refused++
			continue
		}
		c := &rawConn{t, conn, bufio.NewReader(conn)}
		defer c.Close()
		c.put([]byte(preface))
		c.frame(frameSettings, 0, 0, nil)
		all = append(all, c)
	}
	a.holds(t)
	for _, c := range all {
		if _, err := c.next(2 * time.Second); err != nil {
			refused++
		}
		c.Close()
	}
	if refused < 60 || refused > 70 { // 40 are allowed; a few may still be open from before
		t.Errorf("%d of 100 connections refused, want about 60", refused)
	}
}

func streamFlood(t *testing.T, a *arena) {
	c := hello(t, a.at["d1"])
	for i := range uint32(150) {
		c.call(2*i+1, submitMethod)
	}
	refused := 0
	err := c.until(10*time.Second, func(f rawFrame) bool {
		if f.kind == frameReset && binary.BigEndian.Uint32(f.payload) == 7 { // REFUSED_STREAM
			refused++
		}
		return refused == 50
	})
	if err != nil {
		t.Errorf("%d streams refused, want 50: %v", refused, err)
	}
	a.holds(t)
	c.Close()
}

// callFlood opens streams on connections enough for each to be within its own limit.
func callFlood(t *testing.T, a *arena) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var refused error
	var trailer metadata.MD
	for range 4 {
		conn := client(t, a.at["d1"], "127.0.0.1")
		for i := 0; i < 90 && refused == nil; i++ {
			s, err := weirv1grpc.NewIngestServiceClient(conn).Submit(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if md, err := s.Header(); err == nil && len(md.Get("weir-node")) == 1 {
				continue // open
			}
			_, refused = s.Recv()
			trailer = s.Trailer()
		}
		a.holds(t)
	}
	if status.Code(refused) != codes.ResourceExhausted || len(trailer.Get("grpc-retry-pushback-ms")) != 1 {
		t.Errorf("%v, trailer %v; want RESOURCE_EXHAUSTED and a time to retry", refused, trailer)
	}
}

func headerFlood(t *testing.T, a *arena) {
	c := hello(t, a.at["d1"])
	block := headerBlock(submitMethod, "x-long", strings.Repeat("a", 20<<10))
	c.frame(frameHeaders, 0, 1, block[:16000])
	c.frame(frameContinuation, flagEndHeaders, 1, block[16000:])
	if !c.ends(1, 10*time.Second) {
		t.Error("20 KiB of headers are taken")
	}
	c = hello(t, a.at["d1"])
	c.frame(frameHeaders, 0, 1, headerBlock(submitMethod))
	part := headerBlock("x", "x-long", strings.Repeat("a", 16000))[60:]
	for i := 0; i < 5000 && c.frame(frameContinuation, 0, 1, part[:16000]); i++ { // 80 MB without an end
	}
	if !c.closes(10 * time.Second) {
		t.Error("headers without end are taken")
	}
	a.holds(t)
}

func badMetadata(t *testing.T, a *arena) {
	conn := client(t, a.at["d1"], "127.0.0.1")
	for _, pairs := range [][]string{
		{"weir-node", "e1"},
		{"weir-incarnation", "1"},
		{"weir-node", "../../etc", "weir-incarnation", "1"},
		{"weir-node", "", "weir-incarnation", "1"},
		{"weir-node", strings.Repeat("x", 65), "weir-incarnation", "1"},
		{"weir-node", "e1", "weir-incarnation", "0"},
		{"weir-node", "e1", "weir-incarnation", "-1"},
		{"weir-node", "e1", "weir-incarnation", "4294967296"},
		{"weir-node", "e1", "weir-incarnation", "one"},
		{"weir-node", "e1", "weir-node", "e2", "weir-incarnation", "1"},
	} {
		if answer, err := submit(t, conn, submission("e1"), pairs...); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%q: %v, %v", pairs, answer, err)
		}
	}
	for _, name := range []string{"\x1b[31m", "e1\r\nx: y", "e1\x00", "\xff"} {
		c := hello(t, a.at["d1"])
		c.call(1, submitMethod, "weir-node", name, "weir-incarnation", "1")
		if !c.ends(1, 10*time.Second) {
			t.Errorf("%q is taken as a name", name)
		}
	}
}

func encoded(t *testing.T, m *weirv1.SubmitRequest) []byte {
	t.Helper()
	b, err := encoding.GetCodecV2("proto").Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b.Materialize()
}

// sendRaw sends one frame of these bytes and returns how the stream ends.
func sendRaw(t *testing.T, conn *rpc.ClientConn, frame []byte, options ...rpc.CallOption) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	desc := &rpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	s, err := conn.NewStream(ctx, desc, submitMethod, append(options, rpc.ForceCodecV2(rawCodec{}))...)
	if err != nil {
		return err
	}
	_ = s.SendMsg(&frame)
	var answer []byte
	return s.RecvMsg(&answer)
}

func hugeFrame(t *testing.T, a *arena) {
	conn := client(t, a.at["d1"], "127.0.0.1")
	if err := sendRaw(t, conn, make([]byte, 9<<20)); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("9 MiB: %v", err)
	}
	c := hello(t, a.at["d1"])
	c.call(1, submitMethod)
	c.frame(frameData, 0, 1, []byte{0, 0xff, 0xff, 0xff, 0xff}) // says that 4 GiB follow
	if !c.ends(1, 10*time.Second) {
		t.Error("a frame of 4 GiB is awaited")
	}
}

func emptyItems(t *testing.T, a *arena) {
	conn := client(t, a.at["d1"], "127.0.0.1")
	for range 5 {
		if err := sendRaw(t, conn, bytes.Repeat([]byte{0x0a, 0}, 1_000_000)); status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "at most 256 items") {
			t.Errorf("a million items: %v", err)
		}
	}
	// Items within their number, that are too much together.
	entries := make([]message.Entry, 60_000)
	var frame weirv1.SubmitRequest
	for range 10 {
		frame.Items = append(frame.Items, submission("e1", entries...))
	}
	if err := sendRaw(t, conn, encoded(t, &frame)); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "at most 1048576 bytes") {
		t.Errorf("ten packets of a million bytes: %v", err)
	}
}

func gzipBomb(t *testing.T, a *arena) {
	conn := client(t, a.at["d1"], "127.0.0.1", rpc.WithCompressor(rpc.NewGZIPCompressor())) //nolint:staticcheck // registers nothing, as is needed here
	if err := sendRaw(t, conn, make([]byte, 20<<20)); status.Code(err) != codes.Unimplemented {
		t.Errorf("20 MiB in 20 KiB: %v", err)
	}
}

func wrongPackets(t *testing.T, a *arena) {
	conn := client(t, a.at["d1"], "127.0.0.1")
	for name, change := range map[string]func(*weirv1.Packet){
		"hash":       func(p *weirv1.Packet) { p.EntriesCrc32C ^= 1 },
		"count":      func(p *weirv1.Packet) { p.Count++ },
		"huge count": func(p *weirv1.Packet) { p.Count = 1<<32 - 1 },
		"size":       func(p *weirv1.Packet) { p.EntriesBytes++ },
		"huge size":  func(p *weirv1.Packet) { p.EntriesBytes = 1<<32 - 1 },
		"payload":    func(p *weirv1.Packet) { p.Payload = []byte{0xff, 0xff} },
		"no id":      func(p *weirv1.Packet) { p.Id = nil },
		"sequence":   func(p *weirv1.Packet) { p.Id.Sequence = 0 },
		"a path":     func(p *weirv1.Packet) { p.Id.Source = "../../etc/passwd" },
	} {
		w := submission("e1")
		change(w.Packet)
		if answer, err := submit(t, conn, w); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
}

func reserved(t *testing.T, a *arena) {
	conn := client(t, a.at["d1"], "127.0.0.1")
	answer, err := submit(t, conn, submission(message.ProbeSource))
	if err != nil || answer.GetOutcome() != weirv1.Outcome_OUTCOME_POISON || !answer.GetDefinite() {
		t.Errorf("a packet of the source %q: %v, %v", message.ProbeSource, answer, err)
	}
	for to, why := range map[string]string{"nobody": "no_actor", "net": "no_actor", "sup": "no_actor", "w1": "no_actor"} {
		for _, pairs := range [][]string{nil, {"weir-node", "e1", "weir-incarnation", "1"}} {
			w := submission("e1")
			w.Head.To = to
			answer, err := submit(t, conn, w, pairs...)
			if err != nil || answer.GetOutcome() != weirv1.Outcome_OUTCOME_UNSPECIFIED || answer.GetWhy() != why {
				t.Errorf("to %q: %v, %v", to, answer, err)
			}
		}
	}
	w := submission("e1")
	w.Head.ToIncarnation = 1 << 31
	if answer, err = submit(t, conn, w, "weir-node", "e1", "weir-incarnation", "1"); err != nil || answer.GetWhy() != "stopped" {
		t.Errorf("to another incarnation: %v, %v", answer, err)
	}
	w = submission("e1")
	w.Head.Re = 7
	if answer, err = submit(t, conn, w); status.Code(err) != codes.InvalidArgument {
		t.Errorf("an answer to nothing: %v, %v", answer, err)
	}
}

func controlCharacters(t *testing.T, a *arena) {
	const evil = "\x1b[2J\x1b]0;x\a\r\n\u202e\u2066\u009b31m{\"k\":\"commit\"}\n"
	conn := client(t, a.at["d1"], "127.0.0.1")
	for name, change := range map[string]func(*weirv1.Submission){
		"source": func(w *weirv1.Submission) { w.Packet.Id.Source = evil },
		"from":   func(w *weirv1.Submission) { w.Head.From = evil },
		"to":     func(w *weirv1.Submission) { w.Head.To = evil },
	} {
		w := submission("e1")
		change(w)
		answer, err := submit(t, conn, w)
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
		harmless(t, "the refusal of "+name, status.Convert(err).Message())
	}
	w := submission("e1", message.Entry{Text: evil, Source: evil, Attrs: []message.Attribute{{Key: evil, Value: evil}}})
	if answer, err := submit(t, conn, w, "weir-node", "e1", "weir-incarnation", "1"); err != nil || answer.GetOutcome() != weirv1.Outcome_OUTCOME_COMMITTED {
		t.Errorf("in the entries, which are opaque: %v, %v", answer, err)
	}
	ctl := client(t, a.at["control"], "127.0.0.1")
	for _, doc := range []string{evil, `{"op":"` + `\u001b[31m` + `"}`, `{"op":"weight","id":"\u001b\u202e","weight":1}`} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		answer, err := weirv1grpc.NewControlServiceClient(ctl).Apply(ctx, &weirv1.ApplyRequest{Document: []byte(doc)})
		cancel()
		if err != nil || answer.GetOk() {
			t.Errorf("control document %q: %v, %v", doc, answer, err)
		}
	}
}

func neverReads(t *testing.T, a *arena) {
	c := hello(t, a.at["d1"], 0, 4, 0, 0, 0, 0) // INITIAL_WINDOW_SIZE 0: not one byte of an answer
	var items []*weirv1.Submission
	for range 200 {
		w := submission("e1")
		w.Head.To = "nobody"
		items = append(items, w)
	}
	b := encoded(t, &weirv1.SubmitRequest{Items: items})
	if len(b) > 16000 {
		t.Fatalf("%d bytes are more than a frame of HTTP/2", len(b))
	}
	b = append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(b))), b...)
	c.call(1, submitMethod)
	sent := 0
	for rooms := [2]int{65535, 65535}; sent < 32<<20; sent += len(b) {
		for rooms[0] < len(b) || rooms[1] < len(b) {
			f, err := c.next(500 * time.Millisecond)
			if err != nil {
				break
			}
			if f.kind == frameWindow {
				rooms[f.stream&1] += int(binary.BigEndian.Uint32(f.payload))
			}
			if f.kind == frameSettings && f.flags == 0 {
				rooms[1] += streamWindow(f.payload) - 65535
			}
		}
		if rooms[0] < len(b) || rooms[1] < len(b) || !c.frame(frameData, 0, 1, b) {
			break
		}
		rooms[0], rooms[1] = rooms[0]-len(b), rooms[1]-len(b)
	}
	if sent < 64<<10 || sent > 8<<20 {
		t.Errorf("%d bytes of requests are taken from a client that reads no answer", sent)
	}
	t.Logf("%d bytes of requests were taken", sent)
	a.holds(t)
	time.Sleep(1500 * time.Millisecond) // the limit is 1 s
	c.frame(frameWindow, 0, 0, []byte{0x7f, 0, 0, 0})
	c.frame(frameWindow, 0, 1, []byte{0x7f, 0, 0, 0})
	if !c.ends(1, 5*time.Second) {
		t.Error("the stream is not ended")
	}
}

// streamWindow is what settings say that a stream may send at first.
func streamWindow(settings []byte) int {
	for ; len(settings) >= 6; settings = settings[6:] {
		if binary.BigEndian.Uint16(settings) == 4 {
			return int(binary.BigEndian.Uint32(settings[2:]))
		}
	}
	return 65535
}

func rapidReset(t *testing.T, a *arena) {
	for range 4 {
		c := hello(t, a.at["d1"])
		go func() {
			for { // takes what comes, so that it is not a stall
				if _, err := c.next(20 * time.Second); err != nil {
					return
				}
			}
		}()
		for i := uint32(0); i < 5000; i++ {
			if !c.call(2*i+1, submitMethod) || !c.frame(frameReset, 0, 2*i+1, []byte{0, 0, 0, 8}) {
				break
			}
		}
		a.holds(t)
		c.Close()
	}
}
