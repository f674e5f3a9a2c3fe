package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// outcome is what became of one message: an answer, or (Msg nil) why there is none.
type outcome struct {
	driver.Outgoing
	err error
}

// errLate says that a node took a message and did not answer in time.
var errLate = errors.New("no outcome yet")

// ask hands messages to an actor of this node and waits for the answers to all of
// them. An operation leads to its own actor and no other: what names another one finds
// none. Messages of a client that is no node get tokens from 1. It reports false if
// the client has gone.
func (l *Link) ask(ctx context.Context, from node.Addr, head wire.Head, actor string, msgs []node.Message) ([]outcome, bool) {
	handle, answers := l.expect(len(msgs))
	defer l.forget(handle)
	other := head.To != "" && head.To != actor
	first := max(head.Token, 1)
	all := make([]outcome, len(msgs))
	owed := 0
	for i, m := range msgs {
		if all[i].err = node.ErrUnknown; other {
			continue
		}
		err := l.n.Deliver(driver.Incoming{From: from, To: node.Addr{Actor: actor, Inc: head.ToInc}, Token: first + node.Token(i), Msg: m, Handle: handle})
		if all[i].err = err; err == nil {
			all[i].err = errLate
			owed++
		}
	}
	take := func(o driver.Outgoing) {
		if i := uint64(o.Re.Token - first); i < uint64(len(all)) && all[i].Msg == nil {
			all[i] = outcome{Outgoing: o}
			owed--
		}
	}
	late := time.NewTimer(l.cfg.AnswerMax)
	defer late.Stop()
	for owed > 0 {
		select {
		case o := <-answers:
			take(o)
		case <-late.C:
			return all, true
		case <-ctx.Done():
			return nil, false
		case <-l.ctx.Done():
			owed = 0
		}
	}
	for { // answers that are there when the node ends are answers
		select {
		case o := <-answers:
			take(o)
		default:
			return all, true
		}
	}
}

// expect makes a channel for the answers to n messages, and the handle that they carry.
func (l *Link) expect(n int) (uint64, chan driver.Outgoing) {
	c := make(chan driver.Outgoing, n)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	l.asked[l.last] = c
	return l.last, c
}

func (l *Link) forget(handle uint64) {
	l.mu.Lock()
	delete(l.asked, handle)
	l.mu.Unlock()
}

// answer hands an answer to the request that waits for it; if none does any more,
// nobody does.
func (l *Link) answer(o driver.Outgoing) {
	l.mu.Lock()
	c := l.asked[o.Re.Handle]
	l.mu.Unlock()
	transport.Left(l.n, []driver.Outgoing{o})
	select {
	case c <- o: // has room for one answer to each message; nil blocks
	default:
	}
}

// caller is who asks, and the head of what it sends. It answers a request whose
// headers are wrong and reports false.
func (q *request) caller() (node.Addr, wire.Head, bool) {
	from, err := identity(q.r.Header)
	var head wire.Head
	if err == nil {
		head, err = getHead(q.r.Header)
	}
	switch {
	case err != nil:
	case head.Re != 0:
		err = fmt.Errorf("header %s %d: a request answers nothing", headerRe, head.Re)
	case (from.Node == "") != (head.Token == 0):
		err = fmt.Errorf("header %s %d: a node sends it, and nobody else", headerToken, head.Token)
	}
	if err != nil {
		q.fail(http.StatusBadRequest, err)
		return from, head, false
	}
	from.Actor = head.From
	return from, head, q.named(from)
}

// single asks one thing and returns the answer. If there is none it has answered
// itself and returns nil.
func (q *request) single(actor string, m node.Message) node.Message {
	from, head, ok := q.caller()
	if !ok {
		return nil
	}
	all, ok := q.l.ask(q.r.Context(), from, head, actor, []node.Message{m})
	switch {
	case !ok: // nobody is there to read it
	case all[0].err == errLate:
		q.again(0)
		q.fail(http.StatusGatewayTimeout, fmt.Errorf("%w: it may still come; ask again", errLate))
	case all[0].err != nil:
		q.refuse(refusedStatus(all[0].err), transport.RefusalWord(all[0].err), "the node does not handle it: "+all[0].err.Error())
	default:
		q.evidence(&all[0].Outgoing)
		return all[0].Msg
	}
	return nil
}

// evidence writes the head of an answer into the response.
func (q *request) evidence(o *driver.Outgoing) {
	putHead(q.w.Header(), wire.Head{Token: o.Token, Re: o.Re.Token, From: o.From.Actor, To: o.To.Actor, ToInc: o.To.Inc})
}
