package http

import (
	"errors"
	"net/http"

	"weir/system/message"
	"weir/system/wire"
)

// gossip hands on what another distributor tells of the table that they share.
func (q *request) gossip(actor string) {
	var w wire.JSONGossip
	err := wire.DecodeJSON(q.body, &w)
	var m *message.Gossip
	if err == nil {
		m, err = w.Unpack()
	}
	if err != nil {
		q.fail(unread(err), err)
		return
	}
	answer := q.single(actor, m)
	if answer == nil {
		return
	}
	ok, is := answer.(*message.GossipOK)
	if !is {
		q.fail(http.StatusInternalServerError, errors.New("the answer is none to gossip"))
		return
	}
	form, err := wire.PackGossipOKJSON(ok)
	if err != nil {
		q.fail(http.StatusInternalServerError, err)
		return
	}
	q.reply(http.StatusOK, form)
}
