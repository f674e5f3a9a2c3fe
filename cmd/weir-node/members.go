package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"weir/system/distributor"
)

// members says how a distributor watches which others are there, by memberlist.
type members struct {
	// Bind is the address for it, IP:PORT, UDP and TCP. Default (empty): memberlist is not
	// used; who is there follows from what is heard.
	Bind string `yaml:"bind"`
	// Join are the addresses of others, at most 64. Default: none.
	Join []string `yaml:"join"`
	// KeyFile is the file with the key that all of them have: 16, 24 or 32 bytes in base64.
	// Default (empty): none, for loopback addresses only.
	KeyFile string `yaml:"key_file"`
}

// joinMost and keyMost bound a configuration.
const (
	joinMost = 64
	keyMost  = 128 // bytes of the file
)

// check returns all that is wrong with it.
func (m *members) check(c *config) error {
	if m.Bind == "" {
		if len(m.Join) > 0 || m.KeyFile != "" {
			return errors.New("memberlist: join and key_file need bind: IP:PORT")
		}
		return nil
	}
	var errs []error
	if !c.Distributor.Clustered() {
		errs = append(errs, fmt.Errorf("memberlist: distributors know each other in states %s and %s only", distributor.Crdt, distributor.CrdtCounts))
	}
	if len(m.Join) > joinMost {
		errs = append(errs, fmt.Errorf("memberlist: join: %d addresses, at most %d", len(m.Join), joinMost))
	}
	if _, err := netip.ParseAddrPort(m.Bind); err != nil {
		errs = append(errs, fmt.Errorf("memberlist: bind %.80q is not IP:PORT", m.Bind))
	}
	for _, addr := range m.Join {
		if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
			errs = append(errs, fmt.Errorf("memberlist: join %.80q is not HOST:PORT", addr))
		}
	}
	if _, err := m.key(); err != nil {
		errs = append(errs, err)
	}
	if m.KeyFile == "" && !loopback(m.Bind) {
		errs = append(errs, fmt.Errorf("memberlist: bind %.80q: without key_file only a loopback address", m.Bind))
	}
	return errors.Join(errs...)
}

// key reads the key; nil without a file.
func (m *members) key() ([]byte, error) {
	if m.KeyFile == "" {
		return nil, nil
	}
	f, err := os.Open(m.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("memberlist: key_file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, keyMost+1))
	if err != nil {
		return nil, fmt.Errorf("memberlist: key_file: %w", err)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(text) > keyMost || len(key) != 16 && len(key) != 24 && len(key) != 32 {
		return nil, fmt.Errorf("memberlist: key_file %s: want 16, 24 or 32 bytes in base64", m.KeyFile)
	}
	return key, nil
}
