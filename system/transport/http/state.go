package http

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"weir/system/message"
	"weir/system/wire"
)

// state tells the table of analysers after the one that the query names.
func (q *request) state(actor string) {
	m, err := stateQuery(q.r.URL.RawQuery)
	if err != nil {
		q.fail(http.StatusBadRequest, err)
		return
	}
	answer := q.single(actor, m)
	if answer == nil {
		return
	}
	s, ok := answer.(*message.StateOK)
	if !ok {
		q.fail(http.StatusInternalServerError, errors.New("the answer is no state"))
		return
	}
	if s.Why != "" {
		q.again(0)
		q.fail(http.StatusTooManyRequests, errors.New(s.Why))
		return
	}
	form, err := wire.PackStateOKJSON(s)
	if err != nil {
		q.fail(http.StatusInternalServerError, err)
		return
	}
	for i := range form.Analysers {
		a := &form.Analysers[i]
		a.Address = q.l.lanes.Peer(a.ID).Data
	}
	q.reply(http.StatusOK, form)
}

// stateQuery reads the query of the operation: at most one key, after.
func stateQuery(raw string) (*message.State, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("query %.80q: not of the form after=ID", raw)
	}
	for key, all := range values {
		if key != "after" || len(all) != 1 {
			return nil, fmt.Errorf("query %.80q: want after=ID, once", raw)
		}
	}
	w := wire.JSONState{After: values.Get("after")}
	return w.Unpack()
}
