import { type ReactNode, useId } from 'react';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: (control: { readonly id: string; readonly 'aria-describedby': string | undefined }) => ReactNode;
}

/** A control with its label and a word of help. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': hintId })}
      {hint === undefined ? null : (
        <p className="hint" id={hintId}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly rows?: number;
  readonly type?: 'text' | 'number' | 'search';
  readonly step?: string;
  readonly min?: number;
  readonly required?: boolean;
}

/** A line of text, or more with `rows`. */
export function TextField({ label, hint, rows, onChange, type = 'text', ...rest }: TextProps) {
  const given = hint === undefined ? {} : { hint };
  return (
    <Field label={label} {...given}>
      {(control) =>
        rows === undefined ? (
          <input {...control} {...rest} type={type} onChange={({ target }) => onChange(target.value)} />
        ) : (
          <textarea {...control} {...rest} rows={rows} onChange={({ target }) => onChange(target.value)} />
        )
      }
    </Field>
  );
}

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, name: string])[];
  readonly onChange: (value: T) => void;
  readonly hint?: string;
}

/** One of a few. */
export function SelectField<T extends string>({ label, value, options, onChange, hint }: SelectProps<T>) {
  const given = hint === undefined ? {} : { hint };
  return (
    <Field label={label} {...given}>
      {(control) => (
        <select {...control} value={value} onChange={({ target }) => onChange(target.value as T)}>
          {options.map(([each, name]) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** Yes or no. */
export function CheckField({ label, checked, onChange }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
      {label}
    </label>
  );
}
