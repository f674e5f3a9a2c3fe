//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// share is how exactly a system keeps the shares after an analyser failed and returned.
type share struct {
	System string  `json:"system"`
	Back   float64 `json:"back_s"`   // from the analyser's restart to its first commit
	Failed int     `json:"failed"`   // packets that the failure cost their clients an error
	Total  int     `json:"messages"` // committed since it was back
	Got    []int   `json:"got"`      // of each analyser
	Error  float64 `json:"error"`    // the largest difference to the wanted share, in messages
	Part   float64 `json:"error_ppm_of_messages"`
}

// How long the analyser stays away, and how long after its first commit it counts as
// back for all of a proxy's workers, unless a test says otherwise.
const (
	away   = 2 * time.Second
	settle = 2 * time.Second
)

// failAndReturn kills the first analyser under load and starts it again. When it is back
// the load pauses until nothing is in flight, so that the counts from there to the end
// are exact; a proxy's state goes on.
func (c *cluster) failAndReturn(ctx context.Context, rate float64) (*share, error) {
	victim := c.nodes[0]
	r := &share{System: c.proxy.name}
	before, err := c.under(ctx, rate, func() error {
		sleep(ctx, time.Second)
		if err := victim.process.Kill(); err != nil {
			return err
		}
		sleep(ctx, c.o.away)
		again := time.Now()
		if err := begin(ctx, victim.process, victim.http+"/readyz"); err != nil {
			return err
		}
		err := c.returned(ctx)
		r.Back = time.Since(again).Seconds()
		sleep(ctx, c.o.settle)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Failed = before.book.failed
	from, err := c.committed()
	if err != nil {
		return nil, err
	}
	if _, err = c.under(ctx, rate, func() error { sleep(ctx, 2*c.o.span); return nil }); err != nil {
		return nil, err
	}
	to, err := c.committed()
	if err != nil {
		return nil, err
	}
	r.judge(from, to)
	return r, nil
}

// judge compares what each analyser got with its share.
func (r *share) judge(from, to []int) {
	sum := 0
	for i := range to {
		r.Got = append(r.Got, to[i]-from[i])
		r.Total += to[i] - from[i]
		sum += weights[i]
	}
	for i, got := range r.Got {
		r.Error = max(r.Error, math.Abs(float64(got)-float64(r.Total)*float64(weights[i])/float64(sum)))
	}
	r.Part = r.Error * 1e6 / float64(max(r.Total, 1))
}

// under does something under a load of mixed packets, and ends the load.
func (c *cluster) under(ctx context.Context, rate float64, do func() error) (*load, error) {
	all, err := contents(mixed)
	if err != nil {
		return nil, err
	}
	c.inc++
	l := &load{addr: c.proxy.addr, all: all, inc: c.inc, many: inFlight, batch: 1, book: &book{}}
	unsent := 0
	stop, wait := c.send(ctx, l, cell{rate: rate}, &unsent)
	err = do()
	stop()
	wait()
	return l, errors.Join(ctx.Err(), err)
}

// returnMax is how long a proxy may take to use an analyser that is back.
const returnMax = 30 * time.Second

// returned waits until the first analyser has committed something.
func (c *cluster) returned(ctx context.Context) error {
	for end := time.Now().Add(returnMax); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		n, err := metric(c.nodes[0].admin, "weir_analyser_messages_total")
		if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return errors.Join(ctx.Err(), fmt.Errorf("%s gives nothing to an analyser that is back since %v", c.proxy.name, returnMax))
}
