package wire

import (
	"weir/system/node"
	"weir/system/wire/weirv1"
)

// Head identifies an item of a stream and its two ends. The sender's node and
// incarnation are the stream's.
type Head struct {
	Token node.Token // the sender's; 0: none
	Re    node.Token // in an answer: what it answers; 0: not an answer
	From  string     // the sending actor; empty: the client has none
	To    string     // the receiving actor; empty: the service's usual one
	ToInc uint32     // the receiver's incarnation; 0: whichever runs
}

// PackHead returns the head's wire form, nil for the zero Head.
func PackHead(h Head) (*weirv1.Head, error) {
	if h == (Head{}) {
		return nil, nil
	}
	return &weirv1.Head{Token: uint64(h.Token), Re: uint64(h.Re), From: h.From, To: h.To, ToIncarnation: h.ToInc}, h.check()
}

// UnpackHead returns what a wire form says; one that is missing is the zero Head.
func UnpackHead(w *weirv1.Head) (Head, error) {
	h := Head{Token: node.Token(w.GetToken()), Re: node.Token(w.GetRe()), From: w.GetFrom(), To: w.GetTo(), ToInc: w.GetToIncarnation()}
	return h, h.check()
}

func (h Head) check() error {
	if h.From != "" && !node.ValidName(h.From) {
		return invalid("head.from %s is no actor's name", quote(h.From))
	}
	if h.To != "" && !node.ValidName(h.To) {
		return invalid("head.to %s is no actor's name", quote(h.To))
	}
	return nil
}
