package store

import "weir/system/message"

// Measure returns the effect of a packet whose source has an outcome for every
// sequence below lo. It takes O(messages) and needs no store: any number of actors
// may measure at once.
func Measure(p *message.Packet, lo uint64) *Effect {
	e := &Effect{}
	e.measure(p, lo)
	return e
}

// ID is the packet's id.
func (e *Effect) ID() message.ID { return e.id }

// Hash is the packet's payload hash.
func (e *Effect) Hash() uint32 { return e.hash }

// AckedBelow is the sequence below which the packet's source has all outcomes.
func (e *Effect) AckedBelow() uint64 { return e.lo }

// Messages is how many messages the packet holds.
func (e *Effect) Messages() uint64 { return e.messages }

// Bytes is the packet's size.
func (e *Effect) Bytes() uint64 { return e.bytes }

// Levels counts its messages by level, in the order of LevelNames.
func (e *Effect) Levels() []uint64 { return e.levels[:] }

// Sources counts its messages by source, at most 65 names. It must not be changed.
func (e *Effect) Sources() []Named { return e.sources }

// LevelNames are the levels that are counted apart.
var LevelNames = [levels]string{"unknown", "trace", "debug", "info", "warn", "error", "fatal"}
