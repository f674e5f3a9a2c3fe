package logcheck

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// document is a control document as FORMAT.md section 3 defines it.
type document struct {
	Op      string  `json:"op"`
	ID      string  `json:"id"`
	Weight  *uint64 `json:"weight"`
	Version *uint64 `json:"if_version"`
}

// documentsMax bounds the documents kept for a distributor, docShown the bytes of one
// that the log shows: a longer one may say anything.
const (
	documentsMax = 256
	docShown     = 4096
)

// seeControl keeps a control document that a distributor received.
func (s *site) seeControl(r *Record) {
	if len(s.docs) == documentsMax {
		s.docs = slices.Delete(s.docs, 0, 1)
	}
	s.docs = append(s.docs, bytes.Clone(r.Bytes(KeyDoc)))
}

// judgeAsked is R13 for a configuration that a control document made: one that was
// received and had no effect yet is well formed, applies to the configuration in
// force and makes this one of it. Those before it were refused.
func (o *overseer) judgeAsked(s *site, c *confVersion, r *Record) {
	if !r.Is(KeyFrom, "control") || len(s.configs) == 0 || !s.asked {
		return
	}
	now := &s.configs[len(s.configs)-1]
	for i, doc := range s.docs {
		if len(doc) >= docShown || o.makes(doc, now, c) {
			s.docs = slices.Delete(s.docs, 0, i+1)
			return
		}
	}
	o.tally[ruleR13].Failf([]Ref{now.ref, c.ref}, "no control document that was received makes configuration %d of configuration %d", c.ver, now.ver)
}

// makes reports whether a document makes next of now.
func (o *overseer) makes(doc []byte, now, next *confVersion) bool {
	var d document
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if dec.Decode(&d) != nil || d.Version != nil && *d.Version != now.ver || !validName([]byte(d.ID)) {
		return false
	}
	if _, err := dec.Token(); err != io.EOF {
		return false
	}
	id := o.names.InternString(d.ID)
	at, found := o.book.search(now.entries, id)
	weighs := d.Op == "weight" || d.Op == "add"
	if found == (d.Op == "add") || weighs != (d.Weight != nil) || weighs && *d.Weight > weightMax {
		return false
	}
	want := slices.Clone(now.entries)
	switch d.Op {
	case "weight":
		want[at].weight = uint32(*d.Weight)
	case "add":
		want = slices.Insert(want, at, entry{id: id, weight: uint32(*d.Weight)})
	case "remove":
		want = slices.Delete(want, at, at+1)
	case "drain":
		want[at].status = statusDrain
	case "undrain":
		want[at].status = statusUp
	default:
		return false
	}
	return slices.Equal(want, next.entries)
}
