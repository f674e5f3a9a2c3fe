package http

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// laneRequests is how many requests of a lane, and so connections, are open at once;
// more wait, and the driver bounds how many.
const laneRequests = 128

// lane is what one node sends to another of one kind. Their order is not kept.
type lane struct {
	l     *Link
	key   transport.Key
	addr  string      // host:port
	tls   *tls.Config // nil: in clear
	want  string      // the name under which the node must answer; empty: any
	idle  idle
	takes atomic.Int32 // what is known of the other node: takesUnknown and so on

	mu    sync.Mutex
	queue []waiting
	busy  int  // goroutines that send
	turn  bool // one of them is about to take from the queue
}

// waiting is a message that is to be sent.
type waiting struct {
	driver.Outgoing
	alone bool // in a request of its own: with others it was refused
}

// Send implements transport.Lane.
func (ln *lane) Send(o driver.Outgoing) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	ln.queue = append(ln.queue, waiting{Outgoing: o})
	if !ln.turn {
		ln.next()
	}
}

// next gives the turn to a goroutine, if there is something to send and one may be begun;
// mu is held.
func (ln *lane) next() {
	ln.turn = len(ln.queue) > 0 && ln.busy < laneRequests
	if ln.turn {
		ln.busy++
		ln.l.done.Add(1)
		go ln.run()
	}
}

// pass ends the turn of a goroutine.
func (ln *lane) pass() {
	ln.mu.Lock()
	ln.next()
	ln.mu.Unlock()
}

// run sends what waits until nothing does, or another goroutine is about to. It has the
// turn when it begins.
func (ln *lane) run() {
	defer ln.l.done.Done()
	var batch []driver.Outgoing
	for {
		if ln.key.Kind == transport.Dispatch {
			runtime.Gosched() // whoever can run now may have more for the same request
		}
		var alone bool
		if batch, alone = ln.take(batch[:0]); !alone && len(batch) > 0 {
			transport.Left(ln.l.n, batch)
		}
		if len(batch) > 1 {
			ln.sendMany(batch) // it passes the turn on
		} else {
			ln.pass()
			ln.send(batch)
		}
		clear(batch)
		ln.mu.Lock()
		if ln.turn || len(ln.queue) == 0 {
			ln.busy--
			ln.mu.Unlock()
			return
		}
		ln.turn = true
		ln.mu.Unlock()
	}
}

// take takes from the queue what goes out in one request, and reports whether it is one
// that was in another before.
func (ln *lane) take(batch []driver.Outgoing) (_ []driver.Outgoing, alone bool) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	most, bytes := ln.most()
	n, size := 0, 0
	for n < len(ln.queue) && n < most {
		w := &ln.queue[n]
		if size += w.Msg.Size(); n > 0 && (w.alone || size > bytes) {
			break
		}
		batch = append(batch, w.Outgoing)
		n++
		if alone = w.alone; alone {
			break
		}
	}
	clear(ln.queue[:n])
	ln.queue = ln.queue[n:]
	return batch, alone
}

// most is how many messages a request may have, and how many bytes if it has several.
func (ln *lane) most() (items, bytes int) {
	if ln.key.Kind != transport.Dispatch {
		return 1, 0
	}
	switch ln.takes.Load() {
	case takesOne:
		return 1, 0
	case takesMany:
		return manyItems, manyBytes
	}
	return manyItems, firstBody / 2 // JSON is seldom twice as long
}

// send sends one message and hands in what becomes of it.
func (ln *lane) send(one []driver.Outgoing) {
	for i := range one {
		if err := ln.exchange(&one[i]); err != nil {
			ln.fail(&one[i], err)
		}
	}
}

// fail tells the sender of a message that it will not be answered.
func (ln *lane) fail(o *driver.Outgoing, err error) {
	if o.Request {
		ln.l.n.Fail(o.From.Actor, o.Token, err)
	}
}

// exchange sends one message and hands in the answer. The error is what the sender is
// told: one of package node's.
func (ln *lane) exchange(o *driver.Outgoing) error {
	path, body, err := packRequest(o.Msg)
	if err != nil {
		return refusedHere(err)
	}
	c, err := ln.idle.take(ln)
	if err != nil {
		return node.ErrRefused
	}
	in, err := ln.over(c, o, path, body)
	if err != nil {
		return err
	}
	_ = ln.l.n.Deliver(in) // an answer that nobody awaits any more is dropped there
	return nil
}

// refusedHere is what the sender of a message that has no form is told.
func refusedHere(err error) error {
	if errors.Is(err, node.ErrTooLarge) {
		return node.ErrTooLarge
	}
	return node.ErrRefused
}

// over carries out an exchange on a connection, which stays open for others if all went
// as it should.
func (ln *lane) over(c *conn, o *driver.Outgoing, path string, body []byte) (in driver.Incoming, err error) {
	c.out = ln.appendHead(c.out[:0], o, path, len(body))
	c.out = append(c.out, body...)
	if _, err := c.Write(c.out); err != nil {
		ln.idle.broken(c)
		return in, node.ErrReset
	}
	c.left.N = headerMax + answerMax
	resp, err := http.ReadResponse(c.r, nil)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(resp.Body, answerMax+1))
	}
	if err != nil || len(text) > answerMax {
		ln.idle.broken(c)
		return in, node.ErrReset
	}
	ln.idle.over(c, resp)
	return ln.response(o, resp, text)
}

// appendHead appends the head of a request with that message, or (nil) several.
func (ln *lane) appendHead(b []byte, o *driver.Outgoing, path string, length int) []byte {
	field := func(key, value string) { b = append(append(append(append(b, key...), ": "...), value...), "\r\n"...) }
	number := func(key string, n uint64) {
		if n != 0 {
			b = strconv.AppendUint(append(append(b, key...), ": "...), n, 10)
			b = append(b, "\r\n"...)
		}
	}
	b = append(append(append(b, "POST "...), path...), " HTTP/1.1\r\n"...)
	field("Host", ln.addr)
	if o == nil {
		field("Content-Type", linesType)
	} else {
		field("Content-Type", jsonType)
	}
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(length), 10), "\r\n"...)
	field(headerNode, ln.l.node[0])
	field(headerInc, ln.l.inc[0])
	if ln.key.Kind.Class() == node.ClassControl && ln.l.cfg.ControlToken != nil {
		field("Authorization", ln.l.cfg.ControlToken.Authorization())
	}
	if o == nil {
		return append(b, "\r\n"...)
	}
	number(headerToken, uint64(o.Token))
	number(headerToInc, uint64(o.To.Inc))
	if o.From.Actor != "" {
		field(headerFrom, o.From.Actor)
	}
	if o.To.Actor != "" {
		field(headerTo, o.To.Actor)
	}
	return append(b, "\r\n"...)
}

// response reads what came back: the answer, or why there is none.
func (ln *lane) response(o *driver.Outgoing, resp *http.Response, text []byte) (in driver.Incoming, err error) {
	peer, err := identity(resp.Header)
	if err != nil || ln.want != "" && peer.Node != "" && peer.Node != ln.want {
		return in, node.ErrReset
	}
	head, err := getHead(resp.Header)
	if err != nil {
		return in, node.ErrReset
	}
	if peer.Node == "" || head.Token == 0 {
		return in, transport.RefusalError(resp.Header.Get(headerRefused))
	}
	m, err := unpackAnswer(ln.key.Kind, text)
	if err != nil || head.Re != o.Token {
		return in, node.ErrReset
	}
	peer.Actor = head.From
	return driver.Incoming{From: peer, To: o.From, Token: head.Token, Re: o.Token, Msg: m}, nil
}

// packRequest is the path for a message, and its body.
func packRequest(m node.Message) (path string, body []byte, err error) {
	most := dataMax
	switch m := m.(type) {
	case *message.Submit:
		path = pathPackets
		body, err = wire.AppendSubmitsJSON(make([]byte, 0, bodyRoom(m.Packet)), m)
	case *message.Dispatch:
		path, most = pathDispatch, dispatchMax
		body, err = wire.AppendDispatchJSON(make([]byte, 0, bodyRoom(m.Packet)), m)
	case *message.Probe:
		path = pathProbe
		body, err = wire.EncodeJSON(wire.JSONProbe{Number: m.Number})
	case *message.Control:
		path, body, most = pathControl, m.Doc, controlMax
	case *message.Gossip:
		path, most = pathGossip, gossipMax
		var form wire.JSONGossip
		if form, err = wire.PackGossipJSON(m); err == nil {
			body, err = wire.EncodeJSON(form)
		}
	}
	if err == nil && len(body) > most {
		err = fmt.Errorf("%w: %s of %d bytes, at most %d are sent", node.ErrTooLarge, m.Name(), len(body), most)
	}
	return path, body, err
}

// bodyRoom is about how long the JSON form of a packet without escapes is.
func bodyRoom(p *message.Packet) int {
	if p == nil {
		return 0
	}
	return 256 + p.Bytes + 96*p.Count()
}

// unpackAnswer reads the answer to a message of a kind.
func unpackAnswer(kind transport.Kind, text []byte) (node.Message, error) {
	switch kind {
	case transport.Submit:
		var w results
		if err := wire.DecodeJSON(text, &w); err != nil {
			return nil, err
		}
		if len(w.Results) != 1 {
			return nil, fmt.Errorf("%w: %d results for one packet", wire.ErrInvalid, len(w.Results))
		}
		return sent(w.Results[0].Unpack())
	case transport.Dispatch:
		r := readers.Get().(*wire.JSONReader)
		m, ok := r.Receipt(text)
		readers.Put(r)
		if ok {
			return m, nil
		}
		var w wire.JSONReceipt
		if err := wire.DecodeJSON(text, &w); err != nil {
			return nil, err
		}
		return sent(w.Unpack())
	case transport.Probe:
		var w wire.JSONProbeOK
		err := wire.DecodeJSON(text, &w)
		return &message.ProbeOK{Number: w.Number, Ready: w.Ready}, err
	case transport.Gossip:
		var w wire.JSONGossipOK
		if err := wire.DecodeJSON(text, &w); err != nil {
			return nil, err
		}
		return sent(w.Unpack())
	}
	var w wire.JSONControlOK
	if err := wire.DecodeJSON(text, &w); err != nil {
		return nil, err
	}
	return sent(w.Unpack())
}

// sent makes a message of one type a node.Message.
func sent[M node.Message](m M, err error) (node.Message, error) { return m, err }
