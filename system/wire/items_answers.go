package wire

import (
	"fmt"
	"time"

	"weir/system/message"
)

// Result decodes an item of a SubmitResponse. handled false says that nobody handles the
// submission, and why; m is nil then.
func (r *Reader) Result(item []byte) (h Head, m *message.Result, why string, err error) {
	var outcome, wait uint64
	w := message.Result{}
	h, id, why, err := r.answer("submit result", item, tagWhy, func(f *fields) {
		switch f.tag {
		case tagOutcome:
			outcome = f.number
		case tagDefinite:
			w.Definite = f.number != 0
		case tagWait:
			wait = f.number
		}
	})
	if err != nil || int32(outcome) == 0 {
		return h, nil, why, err
	}
	w.ID, err = r.id(id)
	switch {
	case err != nil:
	case int32(outcome) < 1 || int32(outcome) > int32(message.Spooled)+1:
		err = invalid("outcome %d is not 1 to %d", int32(outcome), message.Spooled+1)
	case wait > uint64(waitMax):
		err = invalid("wait_nano %d is more than %d", wait, uint64(waitMax))
	}
	if err == nil {
		w.Out, w.Why, w.Wait = message.Outcome(int32(outcome)-1), why, time.Duration(wait)
		err = checkResult(&w)
	}
	if err != nil {
		return h, nil, why, fmt.Errorf("submit result: %w", err)
	}
	return h, &w, why, nil
}

// Receipt decodes an item of a DispatchResponse, as Result does.
func (r *Reader) Receipt(item []byte) (h Head, m *message.Receipt, why string, err error) {
	var status uint64
	w := message.Receipt{}
	h, id, why, err := r.answer("receipt", item, tagReWhy, func(f *fields) {
		switch f.tag {
		case tagAttempt:
			w.Attempt = uint32(f.number)
		case tagStatus:
			status = f.number
		}
	})
	if err != nil || int32(status) == 0 {
		return h, nil, why, err
	}
	if w.ID, err = r.id(id); err == nil && (int32(status) < 1 || int32(status) > int32(message.StUnavailable)+1) {
		err = invalid("status %d is not 1 to %d", int32(status), message.StUnavailable+1)
	}
	if err == nil {
		w.Status, w.Why = message.Status(int32(status)-1), why
		err = checkReceipt(&w)
	}
	if err != nil {
		return h, nil, why, fmt.Errorf("receipt: %w", err)
	}
	return h, &w, why, nil
}

// answer reads what results and receipts have in common.
func (r *Reader) answer(what string, item []byte, tagWhy uint64, other func(*fields)) (h Head, id []byte, why string, err error) {
	var head, text []byte
	f := fields{b: item}
	for f.next() && err == nil {
		switch f.tag {
		case tagHead:
			err = once("head", head)
			head = f.bytes
		case tagID:
			err = once("id", id)
			id = f.bytes
		case tagWhy:
			err = once("why", text)
			text = f.bytes
		default:
			other(&f)
		}
	}
	if err == nil {
		err = malformed(what, &f)
	}
	if err == nil {
		why = string(text)
		err = checkText("why", why, reasonMax)
	}
	if err == nil {
		h, err = r.head(head)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return h, id, why, err
}
