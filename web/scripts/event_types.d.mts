export function schemaText(): string;
export function typesText(): string;
export function generate(schema: string): string;
