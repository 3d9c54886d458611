import { createContext, type ReactNode, useContext } from 'react';
import type { FieldName, Form } from './form.ts';

interface Editing {
  readonly form: Form;
  readonly change: (part: Partial<Form>) => void;
  readonly error: { readonly field: FieldName; readonly message: string } | null;
  /** No timer is changed: one is made. */
  readonly isNew: boolean;
}
const EditingContext = createContext<Editing | null>(null);
export const EditingProvider = EditingContext.Provider;

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (editing === null) throw new Error('a field outside of a form');
  return editing;
}

type TextName = Exclude<FieldName, 'enable'>;
/** The server changes none of them: a timer that shall differ in one is made anew. */
const fixedFields: readonly FieldName[] = ['key', 'namespace', 'hookClass', 'data'];
const fixedHint = 'cannot be changed: delete the timer and create it anew';

interface FieldProps {
  readonly name: TextName;
  readonly label: string;
  readonly hint?: string;
}

/** A label, its control, and what is wrong with it right below. */
function Field({
  name,
  label,
  hint: ownHint,
  children,
}: FieldProps & { readonly children: (described: Described) => ReactNode }) {
  const { error, isNew } = useEditing();
  const isFixed = !isNew && fixedFields.includes(name);
  const hint = isFixed ? fixedHint : ownHint;
  const isWrong = error?.field === name;
  const about = isWrong ? `${name}-error` : hint === undefined ? undefined : `${name}-hint`;
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {children({ id: name, 'aria-invalid': isWrong, 'aria-describedby': about, readOnly: isFixed })}
      {isWrong ? (
        <p id={`${name}-error`} className="error" role="alert">
          {error.message}
        </p>
      ) : (
        hint !== undefined && (
          <p id={`${name}-hint`} className="faint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}
interface Described {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
  readonly readOnly: boolean;
}

export function TextField(
  props: FieldProps & { readonly list?: string; readonly type?: string; readonly code?: boolean },
) {
  const { form, change } = useEditing();
  const { name, list, type = 'text', code = false } = props;
  return (
    <Field {...props}>
      {(described) => (
        <input
          {...described}
          type={type}
          list={list}
          className={code ? 'code' : undefined}
          autoComplete="off"
          spellCheck={false}
          step={type === 'datetime-local' ? 1 : undefined}
          value={form[name]}
          onChange={(e) => change({ [name]: e.target.value })}
        />
      )}
    </Field>
  );
}

export function AreaField(props: FieldProps) {
  const { form, change } = useEditing();
  return (
    <Field {...props}>
      {(described) => (
        <textarea
          {...described}
          rows={3}
          className="code"
          value={form[props.name]}
          onChange={(e) => change({ [props.name]: e.target.value })}
        />
      )}
    </Field>
  );
}

export function SelectField(
  props: FieldProps & { readonly options: readonly (readonly [value: string, label: string])[] },
) {
  const { form, change } = useEditing();
  return (
    <Field {...props}>
      {({ readOnly: _, ...described }) => (
        <select
          {...described}
          value={form[props.name]}
          onChange={(e) => change({ [props.name]: e.target.value })}
        >
          {props.options.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function EnableField() {
  const { form, change } = useEditing();
  return (
    <label className="check">
      <input type="checkbox" checked={form.enable} onChange={(e) => change({ enable: e.target.checked })} />
      Enabled
    </label>
  );
}
