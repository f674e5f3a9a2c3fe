package logcheck

import "bytes"

// weightOf is an analyser in an accepted configuration.
type weightOf struct {
	id     Sym
	weight uint64
	drain  bool
}

// configState follows the configurations that each distributor accepted.
type configState struct {
	names *Names
	start []weightOf
	nodes map[Sym][]weightOf
}

func (c *configState) boot(ctx *Context) {
	c.names, c.nodes = ctx.Names, map[Sym][]weightOf{}
	for _, a := range ctx.Run.Distributor.Analysers {
		c.start = append(c.start, weightOf{id: ctx.Names.InternString(a.ID), weight: uint64(a.Weight)})
	}
}

// of returns the newest configuration of a distributor, by default the boot one.
func (c *configState) of(node Sym) []weightOf {
	if set, ok := c.nodes[node]; ok {
		return set
	}
	return c.start
}

// accept takes a `config` record.
func (c *configState) accept(r *Record) {
	if !r.Bool(KeyOK) {
		return
	}
	var set []weightOf
	eachEntry(r.Bytes(KeySet), func(id, rest []byte) {
		weight, status, ok := parseDecimal(rest)
		if ok {
			set = append(set, weightOf{id: c.names.Intern(id), weight: weight, drain: string(status) == ":drain"})
		}
	})
	c.nodes[r.File.Node] = set
}

// eachEntry calls f for the items id=rest of a list.
func eachEntry(list []byte, f func(id, rest []byte)) {
	for len(list) > 0 {
		item, tail, _ := bytes.Cut(list, []byte(","))
		list = tail
		if id, rest, ok := bytes.Cut(item, []byte("=")); ok && validName(id) {
			f(id, rest)
		}
	}
}

// eligible is what a worker's view allows: the analysers with weight that are up.
type eligible struct {
	up map[Sym]bool
	at Ref
}

// view applies the differences of a `view` record (C14: no_analyser).
func (d *delivery) view(r *Record) {
	v := d.views[r.Who]
	if v == nil {
		v = &eligible{up: map[Sym]bool{}}
		d.views[r.Who] = v
	}
	v.at = r.Ref()
	eachEntry(r.Bytes(KeySet), func(id, rest []byte) {
		weight, status, ok := parseDecimal(rest)
		if ok && weight > 0 && string(status) == ":up" {
			v.up[d.names.Intern(id)] = true
		} else {
			delete(v.up, d.names.Intern(id))
		}
	})
}
