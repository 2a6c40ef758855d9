package episodes_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/palmal-rl/palmal/physics/episodes"
)

// compressed is a Parquet file of n rows of numbers that compress badly, as measurements do.
func compressed(t *testing.T, codec compress.Codec, n int) []byte {
	t.Helper()
	type row struct {
		Observation []float64 `parquet:"observation.state"`
		Action      []float64 `parquet:"action"`
		Episode     int64     `parquet:"episode_index"`
	}
	draw := rand.New(rand.NewPCG(1, 2))
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{[]float64{draw.Float64(), draw.Float64()}, []float64{draw.Float64()}, int64(i * 3 / n)}
	}
	var file bytes.Buffer
	w := parquet.NewGenericWriter[row](&file, parquet.Compression(codec))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestCompressionChangesNoNumber reads the same rows under every compression, in pages of several sizes.
func TestCompressionChangesNoNumber(t *testing.T) {
	for _, n := range []int{10, 300, 5000} {
		want, err := episodes.Parse("parquet", compressed(t, &parquet.Uncompressed, n))
		if err != nil {
			t.Fatal(err)
		}
		for _, codec := range []compress.Codec{&parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd} {
			got, err := episodes.Parse("parquet", compressed(t, codec, n))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%d rows, %v: other numbers than without compression, %v", n, codec, err)
			}
		}
		// The library would read some pages of LZ4_RAW wrongly, and say nothing.
		if _, err := episodes.Parse("parquet", compressed(t, &parquet.Lz4Raw, n)); err == nil || !strings.Contains(err.Error(), "compressed by LZ4_RAW: want") {
			t.Errorf("%d rows, LZ4_RAW: %v, want a refusal", n, err)
		}
	}
}
