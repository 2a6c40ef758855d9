//go:build noparquet

package episodes

import (
	"errors"
	"io"
)

// readParquet refuses: the program of a bundle leaves the library out, which is a tenth of it.
func readParquet(io.ReaderAt, int64, float64) ([]Episode, error) {
	return nil, errors.New("this build reads no Parquet: convert it elsewhere, by palmal data FILE.parquet -o FILE.npz")
}
