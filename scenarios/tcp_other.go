//go:build !unix

package scenarios

import "errors"

func runTCP(*Scenario, Options) (*Result, error) {
	return nil, errors.New("world tcp needs the signals and processes of a Unix system")
}
