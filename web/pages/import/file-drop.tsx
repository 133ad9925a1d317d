import '@mantine/dropzone/styles.css';
import { Dropzone } from '@mantine/dropzone';
import { IconFileUpload } from '@tabler/icons-react';
import classes from './import.module.css';

/** Takes a file that is dropped, or chosen by a click or by Enter. */
export function FileDrop({ onFile }: { readonly onFile: (file: File) => void }) {
  return (
    <Dropzone
      multiple={false}
      useFsAccessApi={false} // one way in all browsers
      className={classes.drop}
      inputProps={{ 'aria-label': 'File to import' }}
      aria-label="Drop a file, or choose one"
      onDrop={([file]) => {
        if (file !== undefined) onFile(file);
      }}
    >
      <div className={classes.dropText}>
        <IconFileUpload size={36} stroke={1.3} aria-hidden />
        <strong>Drop a CSV file here, or choose one</strong>
        <span className="soft">
          Also compressed: .gz, .zst, .br, .zip. You see how it would be read before anything is imported.
        </span>
      </div>
    </Dropzone>
  );
}
