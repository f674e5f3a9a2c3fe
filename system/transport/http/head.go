package http

import (
	"fmt"
	"net/http"
	"strconv"

	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// The headers of a message, beside those that say who sends it.
const (
	headerNode    = "Weir-Node"        // transport.KeyNode
	headerInc     = "Weir-Incarnation" // transport.KeyIncarnation
	headerToken   = "Weir-Token"
	headerRe      = "Weir-Re"
	headerFrom    = "Weir-From"
	headerTo      = "Weir-To"
	headerToInc   = "Weir-To-Incarnation"
	headerRefused = "Weir-Refused" // a response without Weir-Token: why no actor handled the request
)

// identity is who the headers say is at the other end.
func identity(h http.Header) (node.Addr, error) {
	return transport.Identity(h[headerNode], h[headerInc])
}

// introduce says who this node is.
func (l *Link) introduce(h http.Header) {
	h[headerNode], h[headerInc] = l.node, l.inc // never changed
}

// putHead writes the fields that are not zero.
func putHead(h http.Header, head wire.Head) {
	for _, f := range []struct {
		key string
		n   uint64
	}{{headerToken, uint64(head.Token)}, {headerRe, uint64(head.Re)}, {headerToInc, uint64(head.ToInc)}} {
		if f.n != 0 {
			h.Set(f.key, strconv.FormatUint(f.n, 10))
		}
	}
	if head.From != "" {
		h.Set(headerFrom, head.From)
	}
	if head.To != "" {
		h.Set(headerTo, head.To)
	}
}

// getHead reads what putHead writes.
func getHead(h http.Header) (head wire.Head, err error) {
	number := func(key string, bits int) uint64 {
		text := one(h, key, &err)
		if text == "" {
			return 0
		}
		n, bad := strconv.ParseUint(text, 10, bits)
		if bad != nil && err == nil {
			err = fmt.Errorf("header %s %.40q: want an integer from 0 to 2^%d-1", key, text, bits)
		}
		return n
	}
	name := func(key string) string {
		text := one(h, key, &err)
		if text != "" && !node.ValidName(text) && err == nil {
			err = fmt.Errorf("header %s %.80q: want [A-Za-z0-9._-]{1,64}", key, text)
		}
		return text
	}
	head.Token, head.Re = node.Token(number(headerToken, 64)), node.Token(number(headerRe, 64))
	head.From, head.To = name(headerFrom), name(headerTo)
	head.ToInc = uint32(number(headerToInc, 32))
	return head, err
}

// one is a header that stands at most once.
func one(h http.Header, key string, err *error) string {
	all := h.Values(key)
	if len(all) > 1 && *err == nil {
		*err = fmt.Errorf("header %s stands %d times", key, len(all))
	}
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
