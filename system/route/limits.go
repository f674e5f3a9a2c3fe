package route

import "fmt"

// One is a whole message in parts, the unit of credits and shares.
const One = int64(1) << 32

// The limits of what a view and a policy accept. They are what keeps every
// product in 64 bits and every credit in an int64.
const (
	// WeightMax is the largest weight of an analyser.
	WeightMax = 1_000_000
	// PacketMost is the largest packet, in messages, that a policy can be
	// configured for.
	PacketMost = 1 << 20
	// AnalysersMax is the largest number of analysers registered in one view.
	AnalysersMax = 16384
	// SpreadMax limits analysers x largest packet. The widest bound of all
	// policies, of finish, is (analysers - 1) x largest packet for one epoch;
	// this leaves a factor of 16 below creditMost for what several epochs with
	// changing membership may add up to.
	SpreadMax = 1 << 26
	// IDMax is the longest id of an analyser in bytes.
	IDMax = 64
)

// creditMost is the largest absolute credit in parts. It is never reached within
// the limits above; a credit beyond it means that the arithmetic is about to
// wrap, which must stop the program rather than change a decision.
const creditMost = int64(1) << 62

// startMost is the largest absolute start credit in parts that SetCredits takes.
const startMost = int64(SpreadMax) << 32

// CheckCapacity reports whether a policy configured for packets of packetMax
// messages can serve that many analysers. A configuration must be checked with
// it before it is accepted: a policy that is handed a larger view panics.
func CheckCapacity(packetMax, analysers int) error {
	switch {
	case packetMax < 1 || packetMax > PacketMost:
		return fmt.Errorf("route: packet_max %d is not in 1..%d messages", packetMax, PacketMost)
	case analysers < 0 || analysers > AnalysersMax:
		return fmt.Errorf("route: %d analysers, at most %d are allowed", analysers, AnalysersMax)
	case int64(packetMax)*int64(analysers) > SpreadMax:
		return fmt.Errorf("route: packet_max %d x %d analysers is %d, at most %d is allowed",
			packetMax, analysers, int64(packetMax)*int64(analysers), SpreadMax)
	}
	return nil
}
