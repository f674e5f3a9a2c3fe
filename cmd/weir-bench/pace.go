//go:build linux

package main

import (
	"context"
	"sync/atomic"
	"syscall"
	"time"
)

// source says when the next packet is to be sent.
type source interface {
	// next waits for that time and returns it; false at the end of the cell.
	next() (time.Time, bool)
	// due is next for who does not want to wait; false: nothing is due.
	due() (time.Time, bool)
}

// closed is a closed loop: whoever can send does.
type closed struct{ over atomic.Bool }

func (c *closed) next() (time.Time, bool) { return time.Now(), !c.over.Load() }
func (c *closed) due() (time.Time, bool)  { return c.next() }

// open is an open loop: packets are due at a rate, whatever becomes of the earlier
// ones, and wait here while nobody is free to send them. Their latency counts from then.
type open struct{ tickets chan time.Time }

// ticketsMax is how many packets may wait to be sent; what is due beyond is left out
// and counted.
const ticketsMax = 1 << 17

func (o *open) next() (time.Time, bool) {
	t, ok := <-o.tickets
	return t, ok
}

func (o *open) due() (time.Time, bool) {
	select {
	case t, ok := <-o.tickets:
		return t, ok
	default:
		return time.Time{}, false
	}
}

// pace makes packets due until the context ends, and returns how many were left out.
func (o *open) pace(ctx context.Context, perSecond float64) (left int) {
	defer close(o.tickets)
	began := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		at := began.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))
		for wait := time.Until(at); wait > 0 && ctx.Err() == nil; wait = time.Until(at) {
			// The runtime's own timers are late by up to a millisecond.
			t := syscall.NsecToTimespec(min(wait, 10*time.Millisecond).Nanoseconds())
			_ = syscall.Nanosleep(&t, nil) // an early end only asks again
		}
		select {
		case o.tickets <- at:
		default:
			left++
		}
	}
	return left
}
