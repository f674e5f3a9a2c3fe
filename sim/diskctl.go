package sim

import "fmt"

// Disk returns a node's disk. It panics if there is no such node.
func (w *World) Disk(id NodeID) *Disk { return &w.node(id).disk }

// Lie lets the disk say that syncs and renames are durable when they are not. It
// loses bytes and new names, never brings back what was replaced or removed
// meanwhile: of a file that was written anew under a lie and put in the place of
// another, a crash leaves neither.
func (d *Disk) Lie() { d.n.w.control(); d.lie = true }

// Honest ends Lie. What was lied about becomes durable with the next sync.
func (d *Disk) Honest() { d.n.w.control(); d.lie = false }

// TearNext lets the next crash leave a seeded prefix of each file's un-synced
// bytes, those of appends under way included, instead of none.
func (d *Disk) TearNext() { d.n.w.control(); d.tear = true }

// Fill lets every append fail with ErrDiskFull.
func (d *Disk) Fill() { d.n.w.control(); d.full = true }

// Free ends Fill.
func (d *Disk) Free() { d.n.w.control(); d.full = false }

// Break lets every operation fail with ErrDiskIO, without effect.
func (d *Disk) Break() { d.n.w.control(); d.broken = true }

// Repair ends Break.
func (d *Disk) Repair() { d.n.w.control(); d.broken = false }

// Stall lets operations wait.
func (d *Disk) Stall() { d.n.w.control(); d.stalled = true }

// Flow ends Stall: what is due completes now, in order.
func (d *Disk) Flow() {
	d.n.w.control()
	d.stalled = false
	for ; d.owed > 0; d.owed-- {
		d.scheduleTicket(d.n.w.now)
	}
}

// Rot flips nbits bits of a file in a row, as stored and as read, from the
// given byte on, or from a seeded bit on if offset is negative. ErrNoFile: no
// such file. ErrConfig: the file has no such bits.
func (d *Disk) Rot(name string, offset int64, nbits int) error {
	d.n.w.control()
	f := d.find(name)
	if f == nil {
		return fmt.Errorf("%w: rot %q on node %q", ErrNoFile, name, d.n.cfg.Name)
	}
	total := int64(len(f.data)) * 8
	if nbits < 1 || int64(nbits) > total || offset > int64(len(f.data)) || offset >= 0 && offset*8+int64(nbits) > total {
		return fmt.Errorf("%w: rot %d bits from byte %d of %q, which has %d bytes", ErrConfig, nbits, offset, name, len(f.data))
	}
	bit := offset * 8
	if offset < 0 {
		bit = int64(below(draw(d.seed, d.acts, drawRot), uint64(total-int64(nbits)+1)))
		d.acts++
	}
	for ; nbits > 0; nbits-- {
		f.data[bit/8] ^= 1 << (bit % 8)
		bit++
	}
	return nil
}

// Bytes returns a copy of a file as a read would see it.
func (d *Disk) Bytes(name string) ([]byte, bool) {
	if f := d.find(name); f != nil {
		return append([]byte{}, f.data...), true
	}
	return nil, false
}

// Durable returns a copy of what a crash without tearing would leave of a
// file.
func (d *Disk) Durable(name string) ([]byte, bool) {
	if f := d.find(name); f != nil && (f.named || f.synced > 0) {
		return append([]byte{}, f.data[:f.synced]...), true
	}
	return nil, false
}

// List returns the names of all files, in the order of their creation.
func (d *Disk) List() []string {
	var names []string
	for _, f := range d.files {
		names = append(names, f.name)
	}
	return names
}

// Used returns the bytes of all files.
func (d *Disk) Used() int64 { return d.used }
