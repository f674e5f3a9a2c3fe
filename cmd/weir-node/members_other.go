//go:build wasip1

package main

import (
	"errors"
	"io"
)

// openMembers refuses: memberlist does not build for wasip1.
func (s *service) openMembers(uint32) (io.Closer, error) {
	if s.cfg.Memberlist.Bind == "" {
		return nil, nil
	}
	return nil, errors.New("memberlist is not part of this build")
}
