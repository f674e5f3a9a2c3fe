package http

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/transport/access"
	"weir/system/wire"
)

// Several packets for an analyser in one request, each a line of JSON. The outcome of each
// is a line of the response, which is written once it is known: a packet that is stuck
// holds up no other.

const linesType = "application/x-ndjson"

// Limits of one request, as those of a frame over gRPC.
const (
	manyItems = 256
	manyBytes = 1 << 20 // of its messages' sizes, or one message
)

// ofLines is the value of a header; never changed.
var ofLines = []string{linesType}

// stream is the response to several messages while it is written.
type stream struct {
	q    *request
	open map[node.Token]bool // those without an outcome
	out  []byte              // outcomes that are not written yet
}

// dispatches gives packets to an analyser and answers with the outcome of each.
func (q *request) dispatches(actor string) {
	from, ok := q.sender()
	if !ok {
		return
	}
	heads, msgs, err := readItems(q.body, from.Node != "")
	if err != nil {
		q.fail(unread(err), err)
		return
	}
	q.body = nil
	handle, answers := q.l.expect(len(msgs))
	defer q.l.forget(handle)
	s := &stream{q: q, open: make(map[node.Token]bool, len(msgs))}
	for i, h := range heads {
		err := node.ErrUnknown
		if from.Actor = h.From; h.To == "" || h.To == actor {
			err = q.l.n.Deliver(driver.Incoming{From: from, To: node.Addr{Actor: actor, Inc: h.ToInc}, Token: h.Token, Msg: msgs[i], Handle: handle})
		}
		if err != nil {
			s.refuse(h.Token, transport.RefusalWord(err))
		} else {
			s.open[h.Token] = true
		}
	}
	q.w.Header()["Content-Type"] = ofLines
	if s.run(answers) {
		s.write()
	}
}

// run takes outcomes until each message has one, and writes all but the last. It reports
// false if the client has gone.
func (s *stream) run(answers <-chan driver.Outgoing) bool {
	late := time.NewTimer(s.q.l.cfg.AnswerMax)
	defer late.Stop()
	for len(s.open) > 0 {
		if len(s.out) > 0 {
			s.write()
			if http.NewResponseController(s.q.w).Flush() != nil {
				return false
			}
		}
		select {
		case o := <-answers:
			s.take(&o)
			runtime.Gosched() // whoever answers now may have more
		case <-late.C:
			s.refuseAll("late")
		case <-s.q.r.Context().Done():
			return false
		case <-s.q.l.ctx.Done():
			s.drain(answers) // answers that are there when the node ends are answers
			s.refuseAll("stopped")
		}
		s.drain(answers)
	}
	return true
}

// drain takes the answers that are there.
func (s *stream) drain(answers <-chan driver.Outgoing) {
	for {
		select {
		case o := <-answers:
			s.take(&o)
		default:
			return
		}
	}
}

// take adds the outcome that an answer is.
func (s *stream) take(o *driver.Outgoing) {
	re := o.Re.Token
	if !s.open[re] {
		return
	}
	delete(s.open, re)
	if m, ok := o.Msg.(*message.Receipt); ok {
		b, err := wire.AppendOutcomeJSON(s.out, wire.Head{Re: re, Token: o.Token, From: o.From.Actor}, m)
		if err == nil {
			s.out = append(b, '\n')
			return
		}
	}
	s.refuse(re, "failed") // the answer is no receipt
}

func (s *stream) refuse(re node.Token, why string) {
	s.out = append(wire.AppendRefusedJSON(s.out, re, why), '\n')
}

func (s *stream) refuseAll(why string) {
	for re := range s.open {
		s.refuse(re, why)
	}
	clear(s.open)
}

// write writes the outcomes that there are.
func (s *stream) write() {
	_, _ = s.q.w.Write(s.out) // who has gone needs no answer
	s.out = s.out[:0]
}

// sender is who sends several messages. It answers a request whose headers are wrong and
// reports false.
func (q *request) sender() (node.Addr, bool) {
	from, err := identity(q.r.Header)
	var head wire.Head
	if err == nil {
		head, err = getHead(q.r.Header)
	}
	if err == nil && head != (wire.Head{}) {
		err = fmt.Errorf("headers of a message, %+v: each line has its own", head)
	}
	if err != nil {
		q.fail(http.StatusBadRequest, err)
		return from, false
	}
	return from, q.named(from)
}

// named holds a node with a certificate to its name. It answers otherwise and reports
// false.
func (q *request) named(from node.Addr) bool {
	if from.Node == "" {
		return true
	}
	err := access.KnownIn(q.r.Context()).Is(from.Node)
	if err != nil {
		q.fail(http.StatusForbidden, fmt.Errorf("header %s %q: %w", transport.KeyNode, from.Node, err))
	}
	return err == nil
}

// readItems reads the lines of a request. A node numbers its messages; those of others get
// the numbers of their lines.
func readItems(body []byte, isNode bool) (heads []wire.Head, msgs []node.Message, err error) {
	r := readers.Get().(*wire.JSONReader)
	defer readers.Put(r)
	seen := map[node.Token]bool{}
	size := 0
	for line := range bytes.Lines(body) {
		n := len(heads) + 1
		if n > manyItems {
			return nil, nil, fmt.Errorf("line %d: at most %d packets are taken", n, manyItems)
		}
		h, m, err := readItem(r, line)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("line %d: %w", n, err)
		case isNode != (h.Token != 0):
			return nil, nil, fmt.Errorf("line %d: token %d: a node sends one, from 1, and nobody else", n, h.Token)
		case !isNode:
			h.Token = node.Token(n)
		}
		if size += m.Size(); size > manyBytes && n > 1 {
			return nil, nil, fmt.Errorf("line %d: %w: %d bytes of packets, %d are taken, or one packet", n, node.ErrTooLarge, size, manyBytes)
		}
		if seen[h.Token] {
			return nil, nil, fmt.Errorf("line %d: token %d: it is another line's", n, h.Token)
		}
		seen[h.Token] = true
		heads, msgs = append(heads, h), append(msgs, m)
	}
	if len(heads) == 0 {
		return nil, nil, errors.New("no line: want a packet on each")
	}
	return heads, msgs, nil
}

func readItem(r *wire.JSONReader, line []byte) (wire.Head, *message.Dispatch, error) {
	if h, m, ok := r.Item(line); ok {
		return h, m, nil
	}
	var w wire.JSONItem // not written as encoders do, or wrong
	if err := wire.DecodeJSON(line, &w); err != nil {
		return wire.Head{}, nil, err
	}
	return w.Unpack()
}
