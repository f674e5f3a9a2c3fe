package study

import (
	"encoding/json"
	"fmt"
	"strings"

	"weir/logcheck"
)

// orders follows what operators order of the table: how long it takes until all workers
// go by it, and how far all decisions together are from the shares that were ordered,
// whoever has heard of them.
type orders struct {
	table  map[string]ordered
	shares map[string][]share // of the table, by who is passed over
	owed   map[string]int64   // messages that an analyser should have had and had not, 2^-32
	worst  int64              // the largest of them so far, of either side
	due    map[string]int64   // when a weight was ordered, ns; the key is id=weight
	learnt map[learner]bool
	lag    int64 // the longest time from an order to a worker's view with it, ns
	heard  int64 // views with a weight that was ordered
}

// ordered is what the table should say of an analyser.
type ordered struct {
	weight  int64
	drained bool
}

// learner is a worker and an order.
type learner struct {
	who   actor
	order string
}

func newOrders() orders {
	return orders{table: map[string]ordered{}, shares: map[string][]share{}, owed: map[string]int64{}, due: map[string]int64{}, learnt: map[learner]bool{}}
}

// fault takes an act of the fault log: a document that the operator is told to deliver.
// The same document for another distributor changes nothing.
func (o *orders) fault(r *logcheck.Record) {
	if !r.Is(logcheck.KeyDo, "configure") {
		return
	}
	var doc struct {
		Op, ID string
		Weight int64
	}
	if json.Unmarshal(r.Bytes(logcheck.KeyVal), &doc) != nil {
		return // a misconfiguration is no order
	}
	clear(o.shares)
	now := o.table[doc.ID]
	switch doc.Op {
	case "weight", "add":
		now.weight = doc.Weight
		if key := fmt.Sprint(doc.ID, "=", doc.Weight); o.due[key] == 0 {
			o.due[key] = r.T
		}
	case "drain", "undrain":
		now.drained = doc.Op == "drain"
	case "remove":
		delete(o.table, doc.ID)
		delete(o.owed, doc.ID)
		return
	}
	o.table[doc.ID] = now
}

// shown takes a worker's view of an analyser. What is seen before any order is the table
// that all begin with.
func (o *orders) shown(who actor, id string, weight, t int64) {
	if _, known := o.table[id]; !known && len(o.due) == 0 {
		o.table[id] = ordered{weight: weight}
		clear(o.shares)
	}
	if len(o.due) == 0 {
		return
	}
	key := fmt.Sprint(id, "=", weight)
	since, due := o.due[key]
	if l := (learner{who, key}); due && !o.learnt[l] {
		o.learnt[l] = true
		o.lag = max(o.lag, t-since)
		o.heard++
	}
}

// pick notes a decision of a worker that passed over these analysers for what it saw.
func (o *orders) pick(away []string, to string, n int64) {
	key := strings.Join(away, ",")
	shares, known := o.shares[key]
	if !known {
		shares = o.wanted(away)
		o.shares[key] = shares
	}
	if _, listed := o.table[to]; listed {
		o.owed[to] -= n << 32
	}
	for _, a := range shares {
		o.owed[a.id] += n * a.parts
		o.worst = max(o.worst, o.owed[a.id], -o.owed[a.id])
	}
	o.worst = max(o.worst, o.owed[to], -o.owed[to])
}

// wanted are the shares by the orders, without those that are passed over.
func (o *orders) wanted(away []string) []share {
	weights := map[string]int64{}
	for id, a := range o.table { //weir:anyorder each goes to its own place
		if a.weight > 0 && !a.drained {
			weights[id] = a.weight
		}
	}
	for _, id := range away {
		delete(weights, id)
	}
	return sharesOf(weights)
}
