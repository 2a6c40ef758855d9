package episodes

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// readParquet reads a Parquet file in the layout of LeRobotDataset: a row for each observation, with the action
// taken in it. dt is the time between two rows, 0 where unknown. What the last action of an episode led to is
// not recorded, so that the action is left out.
func readParquet(r io.ReaderAt, size int64, dt float64) (all []Episode, err error) {
	defer func() { // the library does not expect all that a damaged file can say
		if wrong := recover(); wrong != nil {
			all, err = nil, fmt.Errorf("is damaged: %v", wrong)
		}
	}()
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("is no Parquet file, or one that is cut off: %w", err)
	}
	if err := readable(file); err != nil {
		return nil, err
	}
	f := parquetFile{file, mostBytes / 8}
	rows, err := f.rows()
	if err != nil {
		return nil, err
	}
	return rows.episodes(dt)
}

// readable refuses compressions that the library does not read. It lists LZ4_RAW, but only reads pages that shrink to less than a
// third: it leaves others as they were before, so that their numbers are any.
func readable(file *parquet.File) error {
	known := []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd}
	for _, group := range file.Metadata().RowGroups {
		for _, c := range group.Columns {
			if !slices.Contains(known, c.MetaData.Codec) {
				return fmt.Errorf("column %s is compressed by %v: want snappy, gzip, brotli, zstd or no compression; in Python "+
					`pyarrow.parquet.write_table(pyarrow.parquet.read_table(OLD), NEW, compression="zstd") writes such a file`, strings.Join(c.MetaData.PathInSchema, "."), c.MetaData.Codec)
			}
		}
	}
	return nil
}

// parquetFile reads columns of numbers.
type parquetFile struct {
	*parquet.File
	left int // numbers that may still be read
}

// column is a column of rows of one width.
type column struct {
	values []float64
	width  int
}

// read reads the column of a name, of numbers or of lists of them; found is false where there is none.
func (f *parquetFile) read(name string) (c column, found bool, err error) {
	for _, leaf := range f.Schema().Columns() {
		if leaf[0] != name {
			continue
		}
		if found {
			return c, true, fmt.Errorf("column %s: want numbers or lists of numbers", name)
		}
		column, _ := f.Schema().Lookup(leaf...)
		found = true
		if c, err = f.leaf(column.ColumnIndex); err != nil {
			return c, true, fmt.Errorf("column %s: %w", name, err)
		}
	}
	return c, found, nil
}

// leaf reads a column by its number.
func (f *parquetFile) leaf(index int) (c column, err error) {
	row := 0 // numbers of the present row
	end := func() error {
		if c.width == 0 {
			c.width = row
		}
		if row != c.width {
			return fmt.Errorf("row %d has %d numbers, row 0 has %d", len(c.values)/c.width, row, c.width)
		}
		return nil
	}
	for _, group := range f.RowGroups() {
		pages := group.ColumnChunks()[index].Pages()
		err := eachValue(pages, func(v parquet.Value) error {
			x, err := numberOf(v)
			if f.left--; f.left < 0 {
				err = errors.New("the file holds more numbers than are read")
			}
			if err == nil && v.RepetitionLevel() == 0 && len(c.values) > 0 {
				err = end()
				row = 0
			}
			row++
			c.values = append(c.values, x)
			return err
		})
		if err = errors.Join(err, pages.Close()); err != nil {
			return c, err
		}
	}
	if len(c.values) == 0 {
		return c, errors.New("is empty")
	}
	return c, end()
}

// eachValue visits the values of pages.
func eachValue(pages parquet.Pages, visit func(parquet.Value) error) error {
	buffer := make([]parquet.Value, 1024)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buffer)
			for _, v := range buffer[:n] {
				if err := visit(v); err != nil {
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		parquet.Release(page)
	}
}

// numberOf reads one value. What is missing is no number.
func numberOf(v parquet.Value) (float64, error) {
	if v.IsNull() {
		return 0, errors.New("a value is missing (null)")
	}
	switch v.Kind() {
	case parquet.Float:
		return float64(v.Float()), nil
	case parquet.Double:
		return v.Double(), nil
	case parquet.Int32:
		return float64(v.Int32()), nil
	case parquet.Int64:
		return float64(v.Int64()), nil
	case parquet.Boolean:
		if v.Boolean() {
			return 1, nil
		}
		return 0, nil
	}
	return 0, fmt.Errorf("holds %s, want numbers", v.Kind())
}

// observed lists the columns that are joined to the observation, in the order of the file. Pictures lie elsewhere
// or are structures.
func (f *parquetFile) observed() []string {
	var names []string
	for _, leaf := range f.Schema().Columns() {
		name, last := leaf[0], leaf[len(leaf)-1]
		isList := len(leaf) == 1 || last == "element" || last == "item"
		if (name == "observation" || strings.HasPrefix(name, "observation.")) && isList && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
